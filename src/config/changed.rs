//! The settings that a handle can have changed, each checked before it is set.

use std::time::Duration;

use super::{
    Config, Consistency,
    checks::{PAGE_SIZES, TIMEOUTS, check_range},
    identifier,
};
use crate::Result;

impl Config {
    pub(crate) fn set_consistency(&mut self, consistency: Consistency) {
        self.consistency = consistency;
    }

    pub(crate) fn set_call_timeout(&mut self, timeout: Duration) -> Result<()> {
        check_range("call_timeout", timeout, TIMEOUTS)?;
        self.call_timeout = timeout;
        Ok(())
    }

    pub(crate) fn set_page_size(&mut self, rows: u32) -> Result<()> {
        check_range("page_size", rows, PAGE_SIZES)?;
        self.page_size = rows;
        Ok(())
    }

    pub(crate) fn set_table(&mut self, table: &str) -> Result<()> {
        self.table = identifier::checked("table", table)?;
        Ok(())
    }
}
