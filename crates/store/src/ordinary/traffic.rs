//! Where a tenant's latest messages went, counted.

use tidings_domain::category::Category;

use crate::conn::{Row, vals};
use crate::error::Result;
use crate::hot::rows::place;
use crate::limits::TRAFFIC_MESSAGES_MAX;
use crate::model::Traffic;
use crate::scope::TenantScope;
use crate::store::Store;

impl Store {
    /// The newest [`TRAFFIC_MESSAGES_MAX`] messages by template, sender, category and place.
    pub async fn recent_traffic(&self, scope: &TenantScope) -> Result<Vec<Traffic>> {
        let tenant = scope.tenant();
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT template, sender_id, category, country, COUNT(*) FROM
                    (SELECT template, sender_id, category, country FROM messages WHERE tenant_id = $1
                     ORDER BY id DESC LIMIT $2) m GROUP BY template, sender_id, category, country
                    ORDER BY COUNT(*) DESC, template, country";
                let rows = conn.query(sql, vals![&tenant, TRAFFIC_MESSAGES_MAX]).await?;
                rows.iter().map(traffic).collect()
            })
        })
        .await
    }
}

fn traffic(row: &Row) -> Result<Traffic> {
    let category: Category = row.get(2)?;
    Ok(Traffic {
        template: row.get(0)?,
        sender: row.id(1)?,
        category,
        place: place(row, 3)?,
        messages: row.get(4)?,
    })
}
