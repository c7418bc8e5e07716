//! Why the runner could not start, and why an invocation failed.

use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// A service's error in a line: its code and message, without the whole exchange.
pub(super) fn reason<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => DisplayErrorContext(error).to_string(),
    }
}

/// Why the runner could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The embedded stack refused to create something.
    #[error("cannot create {what}: {reason}")]
    Create {
        /// What: `the queue pricetide-dev-jobs`.
        what: String,
        /// Why, in the stack's words.
        reason: String,
    },
    /// Something exists already, but other than the file declares it.
    #[error("{what} exists, but not as serverless.yml declares it: {difference}")]
    Differs {
        /// What: `the table pricetide-dev`.
        what: String,
        /// What is different.
        difference: String,
    },
    /// A value refers to something whose value is not known locally.
    #[error("functions.{function}.environment.{variable}: {reason}")]
    Environment {
        /// The function's key.
        function: String,
        /// The variable.
        variable: String,
        /// What is not known.
        reason: String,
    },
    /// A role does not allow what a trigger does under it, or names something unknown.
    #[error("resources.Resources.{role}: {reason}")]
    Role {
        /// The role's logical id.
        role: String,
        /// What is wrong.
        reason: String,
    },
    /// A file or socket of the runner's own.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl StartError {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// Why an invocation gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function answered with an error, or panicked and reported that.
    #[error("{error_type}: {message}")]
    Function {
        /// The error's type: `Panic`, `Runtime.InitError`.
        error_type: String,
        /// What it says.
        message: String,
    },
    /// The function took longer than its time-out and was killed.
    #[error("Sandbox.Timedout: Task timed out after {}.{:02} seconds", .0.as_secs(), .0.subsec_millis() / 10)]
    TimedOut(std::time::Duration),
    /// The process ended in the middle of the invocation.
    #[error("Runtime.ExitError: Runtime exited with error: {0}")]
    Exited(String),
    /// The process could not be started.
    #[error("Runtime.InvalidEntrypoint: cannot start {0}")]
    NotStarted(String),
    /// The event is larger than Lambda takes.
    #[error("RequestEntityTooLargeException: {size} bytes are more than {limit}")]
    TooLarge {
        /// The event's size in bytes.
        size: usize,
        /// How much is taken.
        limit: usize,
    },
    /// The answer is not JSON.
    #[error("Runtime.MarshalError: the answer is not JSON: {0}")]
    NotJson(String),
    /// There is no such function.
    #[error("ResourceNotFoundException: there is no function {0:?}")]
    UnknownFunction(String),
    /// An event could not be written down.
    #[error("ServiceException: cannot keep the event: {0}")]
    NotKept(String),
    /// The runner is being stopped.
    #[error("ServiceException: the runner is stopping")]
    Stopping,
}
