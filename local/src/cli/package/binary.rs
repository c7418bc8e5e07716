//! Whether a binary would start in Lambda.
//!
//! `provided.al2023` has glibc 2.34 and runs one kind of processor. A binary that asks for more
//! starts nowhere, and Lambda tells so only when the function is first called.

use anyhow::{Context, Result, bail};
use object::read::elf::{ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Endianness, Object as _};

/// The newest version of the C library's symbols that `provided.al2023` has.
pub(crate) const NEWEST_GLIBC: Glibc = Glibc(2, 34);

/// A version of the C library, major and minor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Glibc(u16, u16);

impl std::fmt::Display for Glibc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "glibc {}.{}", self.0, self.1)
    }
}

/// The processors that Lambda has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Architecture {
    /// Intel and AMD.
    #[value(name = "x86_64")]
    X86_64,
    /// Graviton.
    #[value(name = "arm64")]
    Arm64,
}

impl Architecture {
    /// As `serverless.yml` and Lambda name it.
    pub(crate) fn of_lambda(name: &str) -> Option<Self> {
        match name {
            "x86_64" => Some(Self::X86_64),
            "arm64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// As cargo-lambda's option.
    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::X86_64 => "--x86-64",
            Self::Arm64 => "--arm64",
        }
    }

    fn of_elf(architecture: object::Architecture) -> Option<Self> {
        match architecture {
            object::Architecture::X86_64 => Some(Self::X86_64),
            object::Architecture::Aarch64 => Some(Self::Arm64),
            _ => None,
        }
    }
}

/// Checks that a binary is an executable for this processor that needs no newer C library than
/// [`NEWEST_GLIBC`]; returns the newest version that it needs, if it needs any.
pub(crate) fn inspect(binary: &[u8], architecture: Architecture) -> Result<Option<Glibc>> {
    let elf = ElfFile64::<Endianness>::parse(binary).context("not a Linux executable")?;
    if Architecture::of_elf(elf.architecture()) != Some(architecture) {
        bail!(
            "built for {:?}, while the function runs on {architecture:?}: package again, with the \
             architecture of serverless.yml",
            elf.architecture()
        );
    }
    let newest = newest_glibc(&elf, binary)?;
    if let Some(needed) = newest
        && needed > NEWEST_GLIBC
    {
        bail!(
            "needs {needed}, while Lambda's system has {NEWEST_GLIBC}: build it with \
             `pricetide package`, which links against Lambda's own library"
        );
    }
    Ok(newest)
}

/// The newest `GLIBC_x.y` among the versions that the binary's dynamic symbols need
/// (`.gnu.version_r`).
fn newest_glibc(elf: &ElfFile64<'_, Endianness>, binary: &[u8]) -> Result<Option<Glibc>> {
    let endian = elf.endian();
    let dynamic = elf
        .elf_program_headers()
        .iter()
        .any(|header| header.p_type(endian) == object::elf::PT_DYNAMIC);
    let sections = elf.elf_header().sections(endian, binary)?;
    let Some((mut needed, link)) = sections.gnu_verneed(endian, binary)? else {
        if dynamic && sections.is_empty() {
            bail!("its section headers are missing, so that what it needs cannot be seen");
        }
        return Ok(None);
    };
    let names = sections.strings(endian, binary, link)?;
    let mut newest = None;
    while let Some((_, mut versions)) = needed.next()? {
        while let Some(version) = versions.next()? {
            let name = version
                .name(endian, names)
                .ok()
                .and_then(|name| std::str::from_utf8(name).ok());
            newest = newest.max(name.and_then(glibc));
        }
    }
    Ok(newest)
}

/// `GLIBC_2.34`; names of other libraries, and `GLIBC_PRIVATE`, are none.
fn glibc(name: &str) -> Option<Glibc> {
    let mut numbers = name.strip_prefix("GLIBC_")?.split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.parse().ok()?;
    Some(Glibc(major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_the_library_compare_as_numbers() {
        assert_eq!(glibc("GLIBC_2.4"), Some(Glibc(2, 4)));
        assert_eq!(glibc("GLIBC_2.2.5"), Some(Glibc(2, 2)));
        assert!(glibc("GLIBC_2.4") < glibc("GLIBC_2.34"));
        for other in ["GLIBC_PRIVATE", "GCC_3.0", "GLIBC_", ""] {
            assert_eq!(glibc(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_no_executable_is_called_so() {
        for bytes in [&b""[..], b"PK\x03\x04", b"\x7fELF"] {
            let error = inspect(bytes, Architecture::X86_64).unwrap_err();
            assert!(error.to_string().contains("not a Linux executable"));
        }
    }

    /// This test's own executable is one for this machine, whose C library it needs.
    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn an_executable_is_read_as_what_it_is() {
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let (own, other) = if cfg!(target_arch = "aarch64") {
            (Architecture::Arm64, Architecture::X86_64)
        } else {
            (Architecture::X86_64, Architecture::Arm64)
        };
        match inspect(&this, own) {
            Ok(needed) => assert!(needed > glibc("GLIBC_2.0")),
            // On a system whose library is newer the refusal names it.
            Err(error) => assert!(error.to_string().contains("needs glibc 2."), "{error}"),
        }
        let error = inspect(&this, other).unwrap_err().to_string();
        assert!(error.contains("built for"), "{error}");
    }
}
