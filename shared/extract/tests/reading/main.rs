//! What shops publish, and what must be read from it.

mod additions;
mod corpus;
mod hostile;
mod json_answers;
mod pages;
mod properties;
mod replay;
mod shapes;
mod small;
mod wanted;
