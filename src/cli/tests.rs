use clap::CommandFactory as _;
use schemars::schema_for;

use super::*;
use crate::admin::provision::Document;
use crate::config::{Config, Source};

const REFERENCE: &str = include_str!("../../config/countersign.toml");

fn parse(words: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("countersign").chain(words.split_whitespace()))
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn global_flags_may_follow_the_command() {
    let cli = parse("serve --config /etc/countersign/countersign.toml").unwrap();
    assert_eq!(cli.globals.config.unwrap().to_str(), Some("/etc/countersign/countersign.toml"));
    assert!(parse("client list --realm lc --json").unwrap().globals.json);
}

#[test]
fn no_secret_is_an_argument() {
    for words in [
        "token fetch --url http://x --client-id a --client-secret hunter2",
        "secret add --realm lc acme --secret hunter2",
        "user create --realm lc --password hunter2",
        "user set-password --realm lc u1 hunter2",
        "token inspect eyJ",
    ] {
        assert!(parse(words).is_err(), "{words}");
    }
}

#[test]
fn a_secret_comes_from_one_place() {
    let both = "secret add --realm lc acme --secret-file a --secret-stdin";
    assert!(parse(both).is_err());
    let Command::Secret(secret::Secrets::Add(_)) = parse("secret add --realm lc acme --secret-stdin").unwrap().command else {
        panic!("not `secret add`");
    };
}

/// The lines of the reference that show a setting, uncommented.
fn uncommented() -> String {
    let is_setting = |line: &str| {
        line.split_once(" = ")
            .is_some_and(|(name, _)| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit()))
    };
    let lines = REFERENCE.lines().map(|line| line.strip_prefix("# ").filter(|line| is_setting(line)).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_reference_configuration_shows_every_setting() {
    let shown: toml::Table = uncommented().parse().unwrap();
    let schema = serde_json::to_value(schema_for!(Config)).unwrap();
    for (section, rule) in schema["properties"].as_object().unwrap() {
        let Some(name) = rule["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) else {
            assert!(shown.contains_key(section), "{section}");
            continue;
        };
        for key in schema["$defs"][name]["properties"].as_object().unwrap().keys() {
            assert!(shown[section].get(key).is_some(), "{section}.{key} is not shown");
        }
    }
}

#[test]
fn the_reference_configuration_shows_the_defaults() {
    let dir = tempfile::tempdir().unwrap();
    let load = |text: String| {
        let path = dir.path().join("countersign.toml");
        std::fs::write(&path, text).unwrap();
        Source { file: Some(path), environment: Vec::new() }.load().unwrap()
    };
    // These name files that are not there, or say what is absent.
    let settings = uncommented();
    let settings: Vec<&str> =
        settings.lines().filter(|line| !["master_key", "public_url", "dir"].iter().any(|key| line.starts_with(key))).collect();
    assert_eq!(format!("{:?}", load(settings.join("\n"))), format!("{:?}", load(String::new())));
    assert_eq!(format!("{:?}", load(REFERENCE.to_owned())), format!("{:?}", Config::default()));
}

#[test]
fn the_demo_provisions_without_fault() {
    Document::parse("config/demo.toml", demo::PROVISIONED).unwrap();
}

#[test]
fn a_demo_that_others_can_reach_needs_a_word() {
    let Command::Demo(demo) = parse("demo --listen 0.0.0.0:8080").unwrap().command else { panic!("not `demo`") };
    assert!(demo.check().unwrap_err().0.contains("--i-know-this-is-a-demo"));
    let Command::Demo(demo) = parse("demo --listen 0.0.0.0:8080 --i-know-this-is-a-demo").unwrap().command else {
        panic!("not `demo`");
    };
    demo.check().unwrap();
    let Command::Demo(demo) = parse("demo").unwrap().command else { panic!("not `demo`") };
    demo.check().unwrap();
}
