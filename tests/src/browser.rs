//! A real Chromium, driven over `WebDriver` by its own driver.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::patiently;

/// Where npm puts the accessibility checker.
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../node_modules/axe-core/axe.min.js"
);

/// A browser window, and the driver that ends with it.
pub struct Browser {
    client: Client,
    driver: Child,
    profile: tempfile::TempDir,
}

/// A command that only Chromium's driver knows.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(
        &self,
        base_url: &url::Url,
        session_id: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base_url.join(&format!(
            "session/{}/{}",
            session_id.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// Starts one; `None`, said on standard output, where Chromium or what checks the page is not
    /// installed. With `CI` set that is an error.
    pub async fn start() -> Result<Option<Self>> {
        let missing = if find("chromedriver").is_none() {
            Some(
                "Chromium with its driver is not installed (apt-get install chromium chromium-driver)",
            )
        } else if !Path::new(AXE).exists() {
            Some("axe-core is not installed (npm ci)")
        } else {
            None
        };
        if let Some(missing) = missing {
            ensure!(std::env::var_os("CI").is_none(), "{missing}");
            println!("skipped: {missing}");
            return Ok(None);
        }
        let driver = find("chromedriver").context("no driver")?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let driver = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let profile = tempfile::tempdir()?;
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--hide-scrollbars".to_owned(),
            "--force-device-scale-factor=1".to_owned(),
        ];
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut options = json!({"args": arguments});
        if let Some(binary) = find("chromium") {
            options["binary"] = json!(binary);
        }
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("goog:chromeOptions".to_owned(), options);
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
        let url = format!("http://127.0.0.1:{port}");
        let client = patiently("the driver answers", async || {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities.clone());
            Ok(builder.connect(&url).await.ok())
        })
        .await?;
        Ok(Some(Self {
            client,
            driver,
            profile,
        }))
    }

    /// Opens an address from nothing, so that no view of before is left.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.client.goto("about:blank").await?;
        self.client.goto(url).await?;
        Ok(())
    }

    /// Sets the page's width and height in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let parameters = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        self.extension(
            "goog/cdp/execute",
            json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": parameters}),
        )
        .await?;
        Ok(())
    }

    /// Asks for everything anew from now on.
    pub async fn without_cache(&self) -> Result<()> {
        for (command, parameters) in [
            ("Network.enable", json!({})),
            ("Network.setCacheDisabled", json!({"cacheDisabled": true})),
        ] {
            let body = json!({"cmd": command, "params": parameters});
            self.extension("goog/cdp/execute", body).await?;
        }
        Ok(())
    }

    async fn extension(&self, path: &'static str, body: Value) -> Result<Value> {
        Ok(self.client.issue_cmd(Extension { path, body }).await?)
    }

    /// Runs a script, which returns a value.
    pub async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Waits until an element is there and visible.
    pub async fn see(&self, css: &str) -> Result<Element> {
        let what = format!("{css} is seen");
        let seen = patiently(&what, async || {
            for element in self.client.find_all(Locator::Css(css)).await? {
                if element.is_displayed().await.unwrap_or(false) {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        });
        match seen.await {
            Ok(element) => Ok(element),
            Err(error) => {
                let page = self.run("return document.body.innerText").await?;
                bail!("{error}; the page says: {page}")
            }
        }
    }

    /// Waits until a text is seen.
    pub async fn read(&self, text: &str) -> Result<()> {
        let wanted = json!(text);
        let script = format!("return document.body.innerText.includes({wanted})");
        let what = format!("{text:?} is read");
        let seen = patiently(&what, async || {
            Ok((self.run(&script).await? == json!(true)).then_some(()))
        });
        if let Err(error) = seen.await {
            let page = self.run("return document.body.innerText").await?;
            bail!("{error}; the page says: {page}");
        }
        Ok(())
    }

    /// Clicks on what a selector finds first.
    pub async fn click(&self, css: &str) -> Result<()> {
        let element = self.see(css).await?;
        self.run(&format!(
            "document.querySelector({}).scrollIntoView({{block: 'center'}})",
            json!(css)
        ))
        .await?;
        element.click().await?;
        Ok(())
    }

    /// Clicks on the button or link of this text.
    pub async fn press(&self, text: &str) -> Result<()> {
        let script = format!(
            "const one = [...document.querySelectorAll('button, a')].filter((it) => it.offsetParent !== null && \
             it.textContent.trim() === {})[0]; if (!one) return false; one.scrollIntoView({{block: 'center'}}); one.click(); return true",
            json!(text)
        );
        patiently(&format!("{text:?} is pressed"), async || {
            Ok((self.run(&script).await? == json!(true)).then_some(()))
        })
        .await
    }

    /// Writes into the control of this label, in the place of what it has.
    pub async fn write(&self, label: &str, text: &str) -> Result<()> {
        let script = format!(
            "const label = [...document.querySelectorAll('label')].filter((it) => it.offsetParent !== null && it.textContent.trim() === {})[0]; \
             const control = label && document.getElementById(label.htmlFor); if (!control) return false; \
             control.value = {}; control.dispatchEvent(new Event('input', {{bubbles: true}})); control.dispatchEvent(new Event('change', {{bubbles: true}})); return true",
            json!(label),
            json!(text)
        );
        patiently(&format!("{label:?} is written to"), async || {
            Ok((self.run(&script).await? == json!(true)).then_some(()))
        })
        .await
    }

    /// Chooses a file in a file control, which may be hidden.
    pub async fn choose(&self, css: &str, file: &Path) -> Result<()> {
        let control = self.client.find(Locator::Css(css)).await?;
        control.send_keys(&file.display().to_string()).await?;
        Ok(())
    }

    /// What is seen, as a PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>> {
        Ok(self.client.screenshot().await?)
    }

    /// What the console said that is an error or a violation of the page's policy, since the
    /// last look. Answers of 4xx that a test provokes are named by the part of their address.
    pub async fn errors(&self, provoked: &[&str]) -> Result<Vec<String>> {
        let entries = self.extension("se/log", json!({"type": "browser"})).await?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        let said = entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .filter_map(|entry| entry["message"].as_str())
            .filter(|said| !provoked.iter().any(|part| said.contains(part)))
            .map(str::to_owned);
        Ok(said.collect())
    }

    /// What the accessibility checker finds that is serious or critical.
    pub async fn barriers(&self) -> Result<Vec<String>> {
        let axe = std::fs::read_to_string(AXE)?;
        self.run(&axe).await?;
        let script = "const done = arguments[arguments.length - 1]; \
            axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations \
            .filter((one) => ['serious', 'critical'].includes(one.impact)) \
            .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + ' ' + node.failureSummary).join(' | ')}`)))";
        let found = self.client.execute_async(script, Vec::new()).await?;
        Ok(serde_json::from_value(found)?)
    }

    /// Ends it.
    pub async fn close(mut self) -> Result<()> {
        self.client.clone().close().await?;
        self.driver.kill()?;
        self.driver.wait()?;
        drop(self.profile);
        Ok(())
    }
}

/// A program on the search path.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
