//! The data folder and its files, for their owner alone: whoever reads the secret key or the
//! environment may do everything, and whoever writes them can have this user's commands talk to a
//! stack of somebody else's.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// From here on nobody else may open what this process creates, whatever the umask was. It also
/// holds for the processes that it starts.
pub(crate) fn create_for_owner_alone() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Makes a folder that only this user can enter; one that exists must be this user's own.
pub(crate) fn folder(path: &Path) -> Result<()> {
    let shown = path.display();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("the data folder {shown} cannot be created"))?;
    let owner = fs::metadata(path)?.uid();
    if owner != this_user() {
        bail!(
            "the data folder {shown} belongs to the user {owner}: choose another one with --data"
        );
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .with_context(|| format!("the data folder {shown} cannot be made private"))
}

/// The text of a file that only this user can have written or read; `None` if there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>> {
    let shown = path.display();
    let Some(mut file) = open(path)? else {
        return Ok(None);
    };
    let mut text = String::new();
    file.read_to_string(&mut text)
        .with_context(|| format!("read {shown}"))?;
    Ok(Some(text))
}

/// Writes such a file, whole or not at all. One that is there must be such a file already.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    open(path)?;
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    let written = || -> std::io::Result<()> {
        // Left by a process of this id that was killed.
        match fs::remove_file(&partial) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&partial)?;
        // The mode above is what the umask leaves of it.
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        fs::rename(&partial, path)
    };
    written().with_context(|| format!("write {}", path.display()))
}

/// Opens a private file and looks at what was opened, so that nobody can exchange it in between.
fn open(path: &Path) -> Result<Option<File>> {
    let shown = path.display();
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            bail!("{shown} is a link, which is not followed: remove it and try again")
        }
        Err(error) => return Err(error).with_context(|| format!("read {shown}")),
    };
    let found = file.metadata()?;
    if !found.is_file() {
        bail!("{shown} is no plain file: remove it and try again");
    }
    if found.uid() != this_user() {
        bail!(
            "{shown} belongs to the user {}: remove it, or choose another data folder with --data",
            found.uid()
        );
    }
    if found.mode() & 0o077 != 0 {
        bail!(
            "others can open {shown} (its mode is {:03o}): `chmod 600` it if nobody has, or remove \
             it, and try again",
            found.mode() & 0o777
        );
    }
    Ok(Some(file))
}

fn this_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn what_is_written_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("a/b");
        super::folder(&data).unwrap();
        assert_eq!(mode(&data), 0o700);
        let path = data.join("secret-key");
        assert_eq!(read(&path).unwrap(), None);
        for text in ["one", "another"] {
            write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap().as_deref(), Some(text));
            assert_eq!(mode(&path), 0o600);
        }
        assert_eq!(data.read_dir().unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_others_can_enter_is_closed_to_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        super::folder(folder.path()).unwrap();
        assert_eq!(mode(folder.path()), 0o700);
    }

    #[test]
    fn a_file_that_others_may_have_touched_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("environment");
        let refused = |expected: &str| {
            for error in [read(&path).unwrap_err(), write(&path, "new").unwrap_err()] {
                let text = error.to_string();
                assert!(text.contains(expected), "{text}");
                assert!(text.contains("remove it"), "{text}");
            }
        };
        for mode in [0o644, 0o660, 0o602] {
            fs::write(&path, "planted").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            refused(&format!("its mode is {mode:03o}"));
            fs::remove_file(&path).unwrap();
        }
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "kept").unwrap();
        symlink(&elsewhere, &path).unwrap();
        refused("is a link");
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "kept");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        refused("is no plain file");
        fs::remove_dir(&path).unwrap();
        if rustix::process::geteuid().is_root() {
            fs::write(&path, "planted").unwrap();
            std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
            refused("belongs to the user 65534");
        }
    }
}
