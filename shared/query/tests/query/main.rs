//! Templates, over archives that are made for it.

mod history;
mod hostile;
mod outputs;
mod parameters;
mod shipped;
