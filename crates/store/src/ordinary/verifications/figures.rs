//! What becomes of codes, added up.

use tidings_domain::address::CountryCode;
use tidings_domain::time::{HOUR, Timestamp};

use crate::conn::{Row, vals};
use crate::error::{Result, StoreError};
use crate::limits::CODE_COUNTRIES_MAX;
use crate::model::{CodeCounts, CodeFigures};
use crate::ordinary::retention::first_id;
use crate::scope::TenantScope;
use crate::store::Store;

const COUNTS: &str =
    "COUNT(*), CAST(SUM(CASE WHEN status = 1 THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(sends) AS BIGINT)";

impl Store {
    /// The verifications that began since a time, by country and by hour.
    pub async fn code_figures(&self, scope: &TenantScope, since: Timestamp) -> Result<CodeFigures> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let first = first_id(since);
                let sql = format!(
                    "SELECT country, {COUNTS} FROM verifications WHERE tenant_id = $1 AND id >= $2
                     GROUP BY country ORDER BY 2 DESC, country LIMIT $3"
                );
                let countries = conn.query(&sql, vals![&tenant, &first, CODE_COUNTRIES_MAX]).await?;
                let sql = format!(
                    "SELECT created_at / {HOUR}, {COUNTS} FROM verifications WHERE tenant_id = $1 AND id >= $2
                     GROUP BY created_at / {HOUR} ORDER BY 1"
                );
                let hours = conn.query(&sql, vals![&tenant, &first]).await?;
                Ok(CodeFigures {
                    countries: countries.iter().map(country).collect::<Result<_>>()?,
                    hours: hours.iter().map(hour).collect::<Result<_>>()?,
                })
            })
        })
        .await
    }
}

fn country(row: &Row) -> Result<(CountryCode, CodeCounts)> {
    let country =
        CountryCode::parse(row.text(0)?).ok_or(StoreError::Corrupt("a verification of no country"))?;
    Ok((country, counts(row)?))
}

fn hour(row: &Row) -> Result<(Timestamp, CodeCounts)> {
    Ok((Timestamp::from_micros(row.get::<i64>(0)? * HOUR), counts(row)?))
}

fn counts(row: &Row) -> Result<CodeCounts> {
    let count = |index| row.get::<i64>(index).map(i64::unsigned_abs);
    Ok(CodeCounts { started: count(1)?, approved: count(2)?, sends: count(3)? })
}
