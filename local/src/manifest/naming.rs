//! The logical ids that the Serverless Framework gives to what it makes, so that a `!Ref` to one
//! of them is known here as well.

/// The id of the HTTP API.
pub const HTTP_API: &str = "HttpApi";

/// The framework's spelling of a function's key within logical ids: first letter in capitals,
/// `-` and `_` as words.
pub fn normalized(key: &str) -> String {
    let spelled = key.replace('-', "Dash").replace('_', "Underscore");
    capitalized(&spelled)
}

/// The id of a function: `WorkerLambdaFunction`.
pub fn function_id(key: &str) -> String {
    format!("{}LambdaFunction", normalized(key))
}

/// The id of a function's log group: `WorkerLogGroup`.
pub fn log_group_id(key: &str) -> String {
    format!("{}LogGroup", normalized(key))
}

/// The id of a bucket under `provider.s3`: `S3BucketInbox`.
pub fn bucket_id(key: &str) -> String {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("S3Bucket{}", capitalized(&plain))
}

/// Every id that the framework makes for a function with `triggers` triggers.
pub(super) fn generated(key: &str, triggers: usize) -> Vec<String> {
    let name = normalized(key);
    let mut ids = vec![
        function_id(key),
        log_group_id(key),
        format!("{name}LambdaEvConf"),
    ];
    ids.extend((1..=triggers).map(|n| format!("{name}SchedulerSchedule{n}")));
    ids
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_ascii_uppercase().to_string() + chars.as_str()
    })
}
