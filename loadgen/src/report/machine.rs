//! What measured, and where.

use nix::sys::utsname::uname;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::{proc_field, proc_kib};
use crate::plan::{WITHHELD, is_credential};

/// The program.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Tool {
    /// `weir`.
    pub name: String,
    /// Of the package.
    pub version: String,
    /// The commit it was built from, `unknown` outside a repository.
    pub revision: String,
    /// `release`, or `debug` when it was built without optimisation.
    pub build: String,
}

impl Tool {
    /// This program.
    #[must_use]
    pub fn this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            revision: env!("WEIR_REVISION").to_owned(),
            build: if Self::is_optimised() {
                "release"
            } else {
                "debug"
            }
            .to_owned(),
        }
    }

    /// The command line that it was started with: the program by its name alone, header fields as in a [`Plan`], without
    /// credentials.
    ///
    /// [`Plan`]: crate::plan::Plan
    #[must_use]
    pub fn command() -> String {
        let mut args = std::env::args();
        let program = args.next().unwrap_or_default();
        let name = program.rsplit('/').next().unwrap_or_default().to_owned();
        let args = args.map(|arg| match arg.split_once(':') {
            Some((field, _)) if is_credential(field) => format!("{field}: {WITHHELD}"),
            _ => arg,
        });
        std::iter::once(name)
            .chain(args)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Whether this program was built with optimisation.
    #[must_use]
    pub fn is_optimised() -> bool {
        env!("WEIR_OPT_LEVEL") != "0"
    }
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system and kernel.
    pub kernel: String,
    /// Processor model, if the kernel says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// Processors this process may use.
    pub cores: usize,
    /// Memory, if the kernel says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

impl Machine {
    /// This machine.
    #[must_use]
    pub fn this() -> Self {
        Self {
            kernel: kernel(),
            cpu: proc_field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: proc_kib("/proc/meminfo", "MemTotal"),
        }
    }
}

fn kernel() -> String {
    uname().map_or_else(
        |_| "unknown".to_owned(),
        |name| {
            format!(
                "{} {}",
                name.sysname().to_string_lossy(),
                name.release().to_string_lossy()
            )
        },
    )
}
