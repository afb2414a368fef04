//! Settings: a flag wins over the environment, the environment over the file, the file over the default.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use chrono::FixedOffset;
use clap::{Args, ValueEnum};
use serde::Deserialize;

/// Name of the settings' file in the data folder.
const FILE: &str = "kaochang.toml";

/// Settings as flags, or from the environment.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// Folder for the database, the keys and the settings' file
    #[arg(long, env = "KAOCHANG_DATA", value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Settings' file instead of DIR/kaochang.toml
    #[arg(long, env = "KAOCHANG_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// `postgres://…`; without it, SQLite in the data folder
    #[arg(long, env = "KAOCHANG_DATABASE_URL", value_name = "URL", global = true, hide_env_values = true)]
    pub database_url: Option<String>,
    /// Folder on a second disk: what is acknowledged is on both (SQLite only)
    #[arg(long, env = "KAOCHANG_ANSWER_LOG", value_name = "DIR", global = true)]
    pub answer_log: Option<PathBuf>,
    /// Address and port to serve on
    #[arg(long, env = "KAOCHANG_LISTEN", value_name = "ADDR:PORT", global = true)]
    pub listen: Option<SocketAddr>,
    /// TLS certificate chain, PEM
    #[arg(long, env = "KAOCHANG_TLS_CERT", value_name = "FILE", global = true)]
    pub tls_cert: Option<PathBuf>,
    /// TLS private key, PEM
    #[arg(long, env = "KAOCHANG_TLS_KEY", value_name = "FILE", global = true)]
    pub tls_key: Option<PathBuf>,
    /// A proxy in front speaks https
    #[arg(long, env = "KAOCHANG_BEHIND_HTTPS", global = true)]
    pub behind_https: Option<bool>,
    /// Zone of the times on pages, as an offset
    #[arg(long, env = "KAOCHANG_UTC_OFFSET", value_name = "+08:00", global = true, allow_hyphen_values = true)]
    pub utc_offset: Option<String>,
    /// How logs are written
    #[arg(long, env = "KAOCHANG_LOG_FORMAT", global = true)]
    pub log_format: Option<LogFormat>,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// Settings as the file has them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database_url: Option<String>,
    answer_log: Option<PathBuf>,
    listen: Option<SocketAddr>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    behind_https: Option<bool>,
    utc_offset: Option<String>,
    log_format: Option<LogFormat>,
}

/// Settings in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Folder for the database, the keys and the settings' file.
    pub data: PathBuf,
    /// `None`: SQLite in the data folder.
    pub database_url: Option<String>,
    /// Folder on a second disk.
    pub answer_log: Option<PathBuf>,
    /// Address and port.
    pub listen: SocketAddr,
    /// Certificate chain and key.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// A proxy in front speaks https.
    pub behind_https: bool,
    /// Zone of the times on pages.
    pub zone: FixedOffset,
    /// How logs are written.
    pub log_format: LogFormat,
}

impl Settings {
    /// Puts the layers together.
    pub fn of(flags: &Flags) -> anyhow::Result<Self> {
        let data = flags.data.clone().unwrap_or_else(|| PathBuf::from("kaochang-data"));
        let file = file(flags.config.as_deref(), &data)?;
        let tls = match (flags.tls_cert.clone().or(file.tls_cert), flags.tls_key.clone().or(file.tls_key)) {
            (Some(cert), Some(key)) => Some((cert, key)),
            (None, None) => None,
            _ => bail!("TLS needs both a certificate (--tls-cert) and its key (--tls-key)"),
        };
        let database_url = flags.database_url.clone().or(file.database_url);
        if let Some(url) = &database_url
            && !url.starts_with("postgres://")
            && !url.starts_with("postgresql://")
        {
            bail!(
                "the database URL must begin with postgres://; for SQLite leave it out, and give the folder by --data"
            );
        }
        let answer_log = flags.answer_log.clone().or(file.answer_log);
        if database_url.is_some() && answer_log.is_some() {
            bail!("--answer-log is for SQLite; PostgreSQL copies itself to other disks by its own means");
        }
        let offset = flags.utc_offset.clone().or(file.utc_offset).unwrap_or_else(|| "+08:00".to_owned());
        Ok(Self {
            data,
            database_url,
            answer_log,
            listen: flags.listen.or(file.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8600))),
            tls,
            behind_https: flags.behind_https.or(file.behind_https).unwrap_or(false),
            zone: offset.parse().with_context(|| format!("{offset:?} is no offset such as +08:00"))?,
            log_format: flags.log_format.or(file.log_format).unwrap_or_default(),
        })
    }

    /// Whether browsers reach the site by https.
    pub fn is_secure(&self) -> bool {
        self.tls.is_some() || self.behind_https
    }
}

fn file(named: Option<&Path>, data: &Path) -> anyhow::Result<File> {
    let path = named.map_or_else(|| data.join(FILE), Path::to_owned);
    match std::fs::read_to_string(&path) {
        Ok(text) => toml::from_str(&text).with_context(|| format!("the settings in {} can't be read", path.display())),
        Err(_) if named.is_none() => Ok(File::default()),
        Err(error) => Err(error).with_context(|| format!("the settings' file {} can't be read", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let data = std::env::temp_dir().join(crate::world::new_id(&crate::world::RealWorld::new()));
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join(FILE), "listen = \"127.0.0.1:9000\"\nutc_offset = \"+09:00\"\n").unwrap();
        let flags = Flags { data: Some(data.clone()), utc_offset: Some("-01:30".to_owned()), ..Flags::default() };
        let settings = Settings::of(&flags).unwrap();
        assert_eq!(settings.listen.port(), 9000);
        assert_eq!(settings.zone.local_minus_utc(), -5_400);
        assert_eq!(settings.log_format, LogFormat::Text);
        std::fs::write(data.join(FILE), "lisen = 1\n").unwrap();
        assert!(Settings::of(&flags).is_err(), "a misspelt setting is told");
        std::fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn refuses_what_can_not_work() {
        let url = Flags { database_url: Some("mysql://x".to_owned()), ..Flags::default() };
        assert!(Settings::of(&url).is_err());
        let both =
            Flags { database_url: Some("postgres://x".to_owned()), answer_log: Some("log".into()), ..Flags::default() };
        assert!(Settings::of(&both).is_err());
        let half = Flags { tls_cert: Some("c.pem".into()), ..Flags::default() };
        assert!(Settings::of(&half).is_err());
    }
}
