//! The binary `pricetide`: the whole pipeline on one machine, and its command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    local::cli::main()
}
