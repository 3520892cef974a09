//! What a text costs in parts, before it is sent.

use serde::{Deserialize, Serialize};
use tidings_domain::outgoing::Sms;
use tidings_domain::sms;
use tidings_engine::EngineError;
use utoipa::ToSchema;

use crate::error::Result;
use crate::extract::{Json, Key};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Your parcel has left.", "price_per_part": 0.075}))]
pub struct CountSegments {
    text: String,
    /// What one part costs; the answer then has the price of the whole.
    price_per_part: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Segments {
    /// `gsm7` or `ucs2`.
    #[schema(value_type = String, example = "gsm7")]
    encoding: sms::Encoding,
    parts: usize,
    /// Septets or UTF-16 units of the whole text.
    units: usize,
    /// Units that the last part still has room for.
    units_left: usize,
    /// The characters that are not of GSM 03.38: one of them makes the whole text UCS-2.
    #[schema(value_type = Vec<String>)]
    not_gsm: Vec<char>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<f64>,
}

/// Count the parts of an SMS
///
/// Nothing is sent or stored.
#[utoipa::path(
    post, path = "/v1/sms/segments", operation_id = "countSegments", tag = "messages",
    request_body = CountSegments,
    responses((status = 200, description = "How the text is cut", body = Segments)),
)]
pub async fn count_segments(_: Key, Json(asked): Json<CountSegments>) -> Result<Json<Segments>> {
    let CountSegments { text, price_per_part } = asked;
    if price_per_part.is_some_and(|price| !(0.0..=1_000.0).contains(&price)) {
        let detail = "This is a number from 0 to 1000.";
        return Err(EngineError::invalid("price_per_part", "field.range", detail).into());
    }
    let text = Sms { text };
    text.validate().map_err(|mut problems| {
        problems.iter_mut().for_each(|problem| "text".clone_into(&mut problem.field));
        EngineError::Invalid(problems)
    })?;
    let sms::Segments { encoding, parts, units, units_left, not_gsm } = sms::segments(&text.text);
    let price = price_per_part.map(|price| price * parts as f64);
    Ok(Json(Segments { encoding, parts, units, units_left, not_gsm, price }))
}
