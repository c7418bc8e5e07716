//! Pricetide on one machine: the embedded AWS services ([`stack`]), the reading of
//! serverless.yml ([`manifest`]), Lambda in small ([`runner`]), and the command line ([`cli`]).

mod built_in;
pub mod cli;
mod control;
pub mod demo;
pub mod iam;
mod listener;
pub mod manifest;
pub mod pipeline;
mod private;
pub mod runner;
pub mod shop;
pub mod stack;
