//! The embedded stack as its users see it: real SDK clients, real sockets, a real data folder,
//! and a real kill.

mod crash;
mod dynamodb;
mod events;
mod harness;
mod python;
mod roles;
mod s3;
mod s3_browser;
mod s3_copy;
mod s3_listing;
mod s3_multipart;
mod secrets;
mod signatures;
mod sqs;
mod sqs_dead_letters;
mod sqs_queues;
