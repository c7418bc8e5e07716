//! The manifest as a whole: this repository's own file, and every kind of mistake.

use std::time::Duration;

use crate::iam::{Effect, Entries};

use super::*;

const OWN: &str = include_str!("../../../serverless.yml");

const SMALL: &str = r"
service: small
provider:
  name: aws
  runtime: provided.al2023
  region: eu-west-1
  environment:
    BOTH: provider
    TABLE: !Ref Table
  s3:
    inbox:
      name: small-inbox
      corsConfiguration:
        CorsRules:
          - { AllowedMethods: [PUT], AllowedOrigins: ['*'], AllowedHeaders: ['*'], MaxAge: 60 }
functions:
  work-er:
    handler: bootstrap
    role: Role
    timeout: 10
    onError: !GetAtt Dead.Arn
    environment:
      BOTH: function
      QUEUE: !Ref Jobs
      MAX_RECEIVES: '5'
      SUB: !Sub '${AWS::Region}/${Jobs.QueueName}/${!x}'
    events:
      - sqs: { arn: !GetAtt Jobs.Arn, batchSize: 100, maximumBatchingWindow: 2, maximumConcurrency: 2, functionResponseType: ReportBatchItemFailures }
      - s3: { bucket: inbox, event: 's3:ObjectCreated:*', rules: [{ prefix: a/ }, { suffix: .xlsx }] }
      - httpApi: GET /things/{id}
      - httpApi: '*'
      - schedule: { method: scheduler, rate: [cron(15 10 * * ? *), rate(1 hour)], timezone: Asia/Seoul, roleArn: !GetAtt Starter.Arn, input: { slot: <aws.scheduler.scheduled-time> } }
resources:
  Resources:
    Jobs:
      Type: AWS::SQS::Queue
      Properties:
        QueueName: small-jobs
        VisibilityTimeout: 62
        RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
    Dead:
      Type: AWS::SQS::Queue
      Properties: { QueueName: small-dead, MessageRetentionPeriod: 1209600 }
    Table:
      Type: AWS::DynamoDB::Table
      Properties:
        TableName: small
        AttributeDefinitions: [{ AttributeName: PK, AttributeType: S }]
        KeySchema: [{ AttributeName: PK, KeyType: HASH }]
        TimeToLiveSpecification: { AttributeName: expires_at, Enabled: true }
    Secret:
      Type: AWS::SecretsManager::Secret
      Properties:
        Name: small/secret
        GenerateSecretString: { PasswordLength: 40, ExcludePunctuation: true, ExcludeCharacters: 'O0' }
    Alarm:
      Type: AWS::CloudWatch::Alarm
      Properties: { Anything: !GetAtt Jobs.Arn }
    Starter:
      Type: AWS::IAM::Role
      Properties:
        AssumeRolePolicyDocument:
          Version: '2012-10-17'
          Statement: { Effect: Allow, Principal: { Service: scheduler.amazonaws.com }, Action: sts:AssumeRole }
    Role:
      Type: AWS::IAM::Role
      Properties:
        AssumeRolePolicyDocument:
          Version: '2012-10-17'
          Statement: [{ Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: sts:AssumeRole }]
        Policies:
          - PolicyName: work
            PolicyDocument:
              Version: '2012-10-17'
              Statement:
                - { Effect: Allow, Action: [sqs:SendMessage, 'sqs:Re*'], Resource: !GetAtt Jobs.Arn }
                - Effect: Deny
                  NotAction: s3:GetObject
                  NotResource:
                    - !Join ['', ['arn:aws:s3:::', !Ref S3BucketInbox, '/*']]
                    - !Sub '${Table.Arn}/index/*'
";

fn parse(text: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(text, &Variables::default())
}

#[test]
fn this_repositorys_own_file_is_understood() {
    let manifest = parse(OWN).unwrap();
    assert_eq!(manifest.service, "pricetide");
    let worker = &manifest.functions["worker"];
    assert_eq!(worker.name, "pricetide-dev-worker");
    assert_eq!(
        worker.environment["TABLE"],
        Expression::Ref("Table".to_owned())
    );
    let jobs = &manifest.resources.queues["JobsQueue"];
    assert_eq!(jobs.redrive.as_ref().unwrap().queue, "JobsDeadQueue");
    assert!(manifest.routes().count() >= 7);
    let table = &manifest.resources.tables["Table"];
    assert_eq!(table.key.sort.as_deref(), Some("SK"));
    assert_eq!(table.ttl_attribute.as_deref(), Some("expires_at"));
}

#[test]
fn everything_of_a_small_file_is_read() {
    let manifest = parse(SMALL).unwrap();
    let worker = &manifest.functions["work-er"];
    assert_eq!(worker.name, "small-dev-work-er");
    assert_eq!((worker.memory_size, worker.retries), (1_024, 2));
    assert_eq!(worker.on_error.as_deref(), Some("Dead"));
    assert_eq!(
        worker.environment["BOTH"],
        Expression::Text("function".to_owned())
    );
    assert_eq!(
        worker.environment["SUB"],
        Expression::Concat(vec![
            Expression::Ref("AWS::Region".to_owned()),
            Expression::Text("/".to_owned()),
            Expression::Attribute {
                resource: "Jobs".to_owned(),
                attribute: "QueueName".to_owned()
            },
            Expression::Text("/".to_owned()),
            Expression::Text("${x}".to_owned()),
        ])
    );
    let [sqs, s3, route, default, schedule] = worker.triggers.as_slice() else {
        panic!("{:?}", worker.triggers);
    };
    assert_eq!(
        sqs,
        &Trigger::Sqs(SqsTrigger {
            queue: "Jobs".to_owned(),
            batch_size: 100,
            window: Duration::from_secs(2),
            maximum_concurrency: Some(2),
            reports_failures: true,
            enabled: true,
        })
    );
    assert_eq!(
        s3,
        &Trigger::S3(S3Trigger {
            bucket: "S3BucketInbox".to_owned(),
            prefix: "a/".to_owned(),
            suffix: ".xlsx".to_owned(),
        })
    );
    assert!(matches!(route, Trigger::HttpApi(route) if route.key() == "GET /things/{id}"));
    assert!(matches!(default, Trigger::HttpApi(route) if route.path == "$default"));
    let Trigger::Schedule(schedule) = schedule else {
        panic!("{schedule:?}");
    };
    assert_eq!(schedule.rates.len(), 2);
    assert_eq!(schedule.timezone, "Asia/Seoul");
    assert_eq!(
        schedule.input.as_ref().unwrap()["slot"],
        "<aws.scheduler.scheduled-time>"
    );
    let bucket = &manifest.resources.buckets["S3BucketInbox"];
    assert_eq!(bucket.cors[0].max_age, Some(60));
    let SecretValue::Generated {
        length, alphabet, ..
    } = &manifest.resources.secrets["Secret"].value
    else {
        panic!("a generated secret");
    };
    assert_eq!(*length, 40);
    assert!(!alphabet.contains(['O', '0', '!']) && alphabet.contains('z'));
}

/// Replaces `from` by `to` in the small file and expects a problem that begins with `expected`.
fn refused(from: &str, to: &str, expected: &str) {
    assert!(SMALL.contains(from), "{from}");
    let problems = parse(&SMALL.replacen(from, to, 1))
        .expect_err(to)
        .problems
        .iter()
        .map(Problem::to_string)
        .collect::<Vec<_>>();
    assert!(
        problems.iter().any(|problem| problem.contains(expected)),
        "{to}\nexpected: {expected}\nfound: {problems:#?}"
    );
}

#[test]
fn a_role_is_read_with_what_it_allows_and_denies() {
    let manifest = parse(SMALL).unwrap();
    let role = &manifest.resources.roles["Role"];
    assert_eq!(manifest.functions["work-er"].role, "Role");
    assert_eq!(
        role.services.iter().collect::<Vec<_>>(),
        ["lambda.amazonaws.com"]
    );
    let [allow, deny] = role.statements.as_slice() else {
        panic!("{:?}", role.statements);
    };
    assert_eq!(allow.effect, Effect::Allow);
    let Entries::Any(actions) = &allow.actions else {
        panic!("{:?}", allow.actions);
    };
    assert_eq!(actions, &["sqs:SendMessage", "sqs:Re*"]);
    let Entries::AllBut(resources) = &deny.resources else {
        panic!("{:?}", deny.resources);
    };
    assert_eq!(deny.effect, Effect::Deny);
    let written: Vec<String> = resources.iter().map(ToString::to_string).collect();
    assert_eq!(
        written,
        [
            "!Sub 'arn:aws:s3:::${S3BucketInbox}/*'",
            "!Sub '${Table.Arn}/index/*'"
        ]
    );
    let starter = &manifest.resources.roles["Starter"];
    assert!(starter.statements.is_empty());
}

const NOT_UNDERSTOOD: &str = "the local runner does not understand this";

#[test]
fn a_construct_that_is_not_understood_is_named() {
    let worker = "functions.work-er";
    for (from, to, path) in [
        (
            "batchSize: 100",
            "filterPatterns: [{ a: [1] }]",
            &*format!("{worker}.events[0].sqs.filterPatterns"),
        ),
        (
            "- httpApi: '*'",
            "- sns: topic",
            &format!("{worker}.events[3].sns"),
        ),
        ("timeout: 10", "vpc: { a: b }", &format!("{worker}.vpc")),
        (
            "    timeout: 10",
            "    timeout: 10\n    layers: [x]",
            &format!("{worker}.layers"),
        ),
        ("service: small", "service: small\nlayers: {}", "layers"),
        ("region: eu-west-1", "vpc: x", "provider.vpc"),
        ("name: aws", "name: azure", "provider.name"),
        (
            "Type: AWS::CloudWatch::Alarm",
            "Type: AWS::EC2::Instance",
            "resources.Resources.Alarm.Type",
        ),
        (
            "PolicyName: work",
            "PolicyName: work\n            Condition: {}",
            "resources.Resources.Role.Properties.Policies[0].Condition",
        ),
        (
            "- { Effect: Allow, Action: [",
            "- { Condition: {}, Effect: Allow, Action: [",
            "resources.Resources.Role.Properties.Policies[0].PolicyDocument.Statement[0].Condition",
        ),
        (
            "        Policies:\n",
            "        ManagedPolicyArns: [x]\n        Policies:\n",
            "resources.Resources.Role.Properties.ManagedPolicyArns",
        ),
        ("region: eu-west-1", "iam: { role: x }", "provider.iam"),
        (
            "VisibilityTimeout: 62",
            "FifoQueue: true",
            "resources.Resources.Jobs.Properties.FifoQueue",
        ),
        (
            "TableName: small",
            "StreamSpecification: {}",
            "resources.Resources.Table.Properties.StreamSpecification",
        ),
        (
            "resources:\n",
            "resources:\n  extensions: { S3BucketInbox: { Properties: {} } }\n",
            "resources.extensions.S3BucketInbox.Properties",
        ),
        (
            "!Ref Jobs",
            "!ImportValue x",
            &format!("{worker}.environment.QUEUE.Fn::ImportValue"),
        ),
        (
            "MaxAge: 60",
            "Other: 60",
            "provider.s3.inbox.corsConfiguration.CorsRules[0].Other",
        ),
    ] {
        refused(from, to, &format!("{path}: {NOT_UNDERSTOOD}"));
    }
}

/// Each replacement, and what is said about it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "maximumBatchingWindow: 2, ",
        "",
        "events[0].sqs.batchSize: a batch of more than 10 needs",
    ),
    (
        "maximumConcurrency: 2",
        "maximumConcurrency: 1",
        "maximumConcurrency: expected a whole number from 2 to 1000",
    ),
    (
        "VisibilityTimeout: 62",
        "VisibilityTimeout: 61",
        "Jobs.Properties.VisibilityTimeout: 61 s is less than 62 s",
    ),
    (
        "MAX_RECEIVES: '5'",
        "MAX_RECEIVES: '6'",
        "environment.MAX_RECEIVES: is not 5",
    ),
    (
        "maxReceiveCount: 5",
        "maxReceiveCount: 3",
        "maxReceiveCount: 3 is less than 5",
    ),
    (
        "maxReceiveCount: 5",
        "maxReceiveCount: 0",
        "expected a whole number from 1 to 1000",
    ),
    (
        "  work-er:",
        "  ../work-er:",
        "functions.../work-er: a function's name is letters",
    ),
    (
        "timeout: 10",
        "timeout: 901",
        "timeout: expected a whole number from 1 to 900",
    ),
    (
        "timeout: 10",
        "memorySize: 64",
        "memorySize: expected a whole number from 128 to 10240",
    ),
    (
        "cron(15 10 * * ? *)",
        "cron(15 10 * * * *)",
        "events[4].schedule.rate[0]: ",
    ),
    (
        "rate(1 hour)",
        "rate(1 hours)",
        "events[4].schedule.rate[1]: ",
    ),
    ("Asia/Seoul", "Asia/Soul", "events[4].schedule.timezone: "),
    (
        "method: scheduler, ",
        "",
        "events[4].schedule: lacks `method`",
    ),
    (
        "!Ref Jobs",
        "!Ref Job",
        "environment.QUEUE: refers to `Job`, which nothing declares",
    ),
    (
        "Anything: !GetAtt Jobs.Arn",
        "Anything: !Sub '${Jops.Arn}'",
        "Alarm.Properties.Anything: refers to `Jops`",
    ),
    (
        "role: Role",
        "role: Rule",
        "functions.work-er: refers to `Rule`",
    ),
    (
        "role: Role",
        "memorySize: 128",
        "functions.work-er: lacks `role`",
    ),
    (
        "role: Role",
        "role: Jobs",
        "role: `Jobs` is not a role of this file",
    ),
    (
        "role: Role",
        "role: Starter",
        "role: `Starter` cannot be taken on by lambda.amazonaws.com",
    ),
    (
        "!GetAtt Starter.Arn",
        "!GetAtt Role.Arn",
        "schedule.roleArn: `Role` cannot be taken on by scheduler.amazonaws.com",
    ),
    (
        "NotAction: s3:GetObject",
        "Other: 1",
        "Statement[1]: needs either Action or NotAction",
    ),
    (
        "NotAction: s3:GetObject",
        "Action: GetObject",
        "Statement[1].Action: an action is `service:Name`",
    ),
    (
        "!Sub '${Table.Arn}/index/*'",
        "!Sub '${Table.Arn}/${!aws:username}'",
        "NotResource[1]: the local runner does not understand policy variables",
    ),
    (
        "Effect: Deny",
        "Effect: Maybe",
        "Statement[1].Effect: expected Allow or Deny",
    ),
    (
        "Service: lambda.amazonaws.com",
        "Service: ec2.amazonaws.com",
        "knows no service `ec2.amazonaws.com`",
    ),
    (
        "onError: !GetAtt Dead.Arn",
        "onError: !GetAtt Role.Arn",
        "onError: `Role` is not a queue",
    ),
    (
        "onError: !GetAtt Dead.Arn",
        "onError: arn:aws:sqs:x",
        "onError: the local runner understands only `!GetAtt X.Arn`",
    ),
    (
        "MessageRetentionPeriod: 1209600",
        "MessageRetentionPeriod: 60",
        "`Dead` keeps messages for less time",
    ),
    (
        "bucket: inbox",
        "bucket: outbox",
        "events[1].s3.bucket: declare the bucket as provider.s3.outbox",
    ),
    (
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "understands only `s3:ObjectCreated:*`",
    ),
    (
        "- httpApi: '*'",
        "- httpApi: GET /things/{other}",
        "the route `GET /things/{other}` is `work-er`'s already",
    ),
    ("GET /things/{id}", "GET /{all+}/x", "only the last segment"),
    (
        "GET /things/{id}",
        "FETCH /things",
        "expected `METHOD /path`",
    ),
    (
        "- httpApi: '*'",
        "- s3: { bucket: inbox, rules: [{ prefix: a/b }] }",
        "the prefix `a/b` overlaps with `a/`",
    ),
    (
        "- httpApi: '*'",
        "- sqs: !GetAtt Jobs.Arn",
        "`Jobs` is read by `work-er` already",
    ),
    (
        "QUEUE: !Ref Jobs",
        "AWS_REGION: x",
        "AWS_REGION: Lambda sets this variable itself",
    ),
    ("QUEUE: !Ref Jobs", "A-B: x", "Lambda refuses this name"),
    (
        "QueueName: small-dead",
        "QueueName: small-jobs",
        "two queues have the name `small-jobs`",
    ),
    (
        "QueueName: small-dead",
        "QueueName: small.dead",
        "not a name that AWS accepts",
    ),
    (
        "name: small-inbox",
        "name: Small",
        "not a name that AWS accepts",
    ),
    (
        "AttributeName: PK, KeyType",
        "AttributeName: SK, KeyType",
        "AttributeDefinitions lack `SK`",
    ),
];

#[test]
fn what_aws_would_refuse_or_misdo_is_refused_here() {
    for (from, to, expected) in MISTAKES {
        refused(from, to, expected);
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let text = SMALL
        .replace("timeout: 10", "timeout: 0")
        .replace("Asia/Seoul", "Nowhere");
    assert_eq!(parse(&text).unwrap_err().problems.len(), 2);
}

#[test]
fn a_file_of_another_kind_is_a_problem_and_no_panic() {
    for text in [
        "",
        "[]",
        "a: b",
        "x: [",
        "\u{0}",
        "service: &a [*a]",
        "- - -",
        "1",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}
