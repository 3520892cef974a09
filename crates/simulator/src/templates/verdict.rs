//! What the provider says to a new template: an error at once, or the outcome of its review.
//!
//! Written from the provider's documentation alone, so that a client's own checks can be compared with it.

use serde_json::Value;

use crate::error::GraphError;

/// How a review ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Review {
    Approve,
    /// Taken, but as marketing.
    ApproveAsMarketing,
    Reject(&'static str),
}

type Refused = Result<(), GraphError>;

/// Looks at a creation request. `Err` is answered at once; otherwise this is what the review will say.
pub fn judge(request: &Value) -> Result<Review, GraphError> {
    frame(request)?;
    let category = word(&request["category"]);
    let parts = items(&request["components"]);
    if category == "AUTHENTICATION" {
        authentication(parts)?;
        return Ok(Review::Approve);
    }
    let by_name = word(&request["parameter_format"]).eq_ignore_ascii_case("NAMED");
    let offer = parts.iter().any(|part| kind(part) == "LIMITED_TIME_OFFER");
    let mut seen: Vec<String> = Vec::new();
    let mut vague = false;
    for part in parts {
        let this = kind(part);
        if seen.contains(&this) {
            return Err(format_error(2_388_072, format!("Component {this} is given twice.")));
        }
        match this.as_str() {
            "HEADER" => head(part, by_name, offer)?,
            "BODY" => vague |= text_of_body(part, by_name, if offer { 600 } else { 1024 })?.is_vague(request),
            "FOOTER" if offer => {
                return Err(format_error(2_388_073, "No footer beside a limited time offer."));
            }
            "FOOTER" => foot(part)?,
            "BUTTONS" => row(items(&part["buttons"]), 10)?,
            "CAROUSEL" => carousel(part, by_name)?,
            "LIMITED_TIME_OFFER" => {
                let size = count(word(&part["limited_time_offer"]["text"]));
                if !(1..=16).contains(&size) {
                    return Err(format_error(2_388_040, "The offer's text has 1 to 16 characters."));
                }
            }
            _ => return Err(GraphError::parameter("Param components has an unknown type.")),
        }
        seen.push(this);
    }
    if !seen.iter().any(|each| each == "BODY") {
        return Err(GraphError::parameter("A template needs a body."));
    }
    if vague {
        return Err(
            GraphError::new(100, "This template has too many variables for its length.").subcode(2_388_293)
        );
    }
    Ok(read_by_a_person(category, parts))
}

fn frame(request: &Value) -> Refused {
    let name = word(&request["name"]);
    if name.is_empty() {
        return Err(GraphError::parameter("The parameter name is required."));
    }
    if count(name) > 512 || name.chars().any(|c| !matches!(c, 'a'..='z' | '0'..='9' | '_')) {
        return Err(GraphError::parameter(
            "Param name can only have lowercase letters, digits and underscores.",
        ));
    }
    let language = word(&request["language"]);
    if language.is_empty() {
        return Err(GraphError::parameter("The parameter language is required."));
    }
    if !SPOKEN.split_ascii_whitespace().any(|code| code == language) {
        return Err(GraphError::parameter("Param language is not a supported language."));
    }
    let (least, most) = match word(&request["category"]) {
        "UTILITY" => (30, 43_200),
        "MARKETING" => (43_200, 2_592_000),
        "AUTHENTICATION" => (30, 900),
        "" => return Err(GraphError::parameter("The parameter category is required.")),
        _ => {
            return Err(GraphError::parameter(
                "Param category must be one of {UTILITY, MARKETING, AUTHENTICATION}.",
            ));
        }
    };
    if let Some(format) = request["parameter_format"].as_str()
        && !matches!(format.to_ascii_uppercase().as_str(), "NAMED" | "POSITIONAL" | "")
    {
        return Err(GraphError::parameter("Param parameter_format must be one of {NAMED, POSITIONAL}."));
    }
    match &request["message_send_ttl_seconds"] {
        Value::Null => {}
        ttl => {
            let seconds = ttl.as_i64().unwrap_or(0);
            let forever = seconds == -1 && least == 30;
            if !forever && (seconds < least || seconds > most) {
                return Err(GraphError::parameter("Param message_send_ttl_seconds is out of range."));
            }
        }
    }
    if !request["components"].is_array() {
        return Err(GraphError::parameter("The parameter components is required."));
    }
    Ok(())
}

/// A text with its variables taken out.
struct Reading {
    variables: Vec<String>,
    /// What stands between them, in order: one more than there are occurrences.
    between: Vec<String>,
}

impl Reading {
    fn of(text: &str) -> Result<Reading, GraphError> {
        let broken = || format_error(2_388_072, "The variables in the text have mismatched braces.");
        let mut variables = Vec::new();
        let mut between = Vec::new();
        let mut pieces = text.split("{{");
        between.push(pieces.next().unwrap_or_default().to_owned());
        for piece in pieces {
            let (name, after) = piece.split_once("}}").ok_or_else(broken)?;
            variables.push(name.trim().to_owned());
            between.push(after.to_owned());
        }
        let stray = |part: &String| part.contains('{') || part.contains('}');
        if between.iter().any(stray) || variables.iter().any(stray) {
            return Err(broken());
        }
        Ok(Reading { variables, between })
    }

    fn distinct(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.variables.iter().map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn check_names(&self, by_name: bool) -> Refused {
        for name in &self.variables {
            let digits = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
            let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
            let rest = name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'));
            let fits = if by_name { first && rest } else { digits };
            if !fits {
                return Err(format_error(2_388_072, "The variables do not fit the parameter format."));
            }
        }
        if !by_name {
            let mut numbers: Vec<usize> =
                self.distinct().iter().filter_map(|name| name.parse().ok()).collect();
            numbers.sort_unstable();
            if numbers != (1..=numbers.len()).collect::<Vec<_>>() {
                return Err(format_error(2_388_072, "The variables are not numbered one after the other."));
            }
        }
        Ok(())
    }

    fn check_samples(&self, example: &Value, key: &str, by_name: bool) -> Refused {
        let wanted = self.distinct();
        if wanted.is_empty() {
            return Ok(());
        }
        let enough = if by_name {
            let given = items(&example[format!("{key}_named_params").as_str()]);
            wanted.iter().all(|name| {
                given
                    .iter()
                    .any(|each| word(&each["param_name"]) == *name && !word(&each["example"]).is_empty())
            })
        } else {
            let outer = items(&example[key]);
            let row = match outer.first() {
                Some(Value::Array(row)) => row.as_slice(),
                _ => outer,
            };
            row.iter().filter(|each| !word(each).is_empty()).count() == wanted.len()
        };
        if enough { Ok(()) } else { Err(format_error(2_388_043, "Samples for the variables are missing.")) }
    }

    /// Fewer than two words for each variable, and one more.
    fn is_vague(&self, request: &Value) -> bool {
        let n = self.variables.len();
        let unspaced = ["zh", "ja", "th", "lo", "km", "my"];
        let language = word(&request["language"]);
        let found: usize = if unspaced.iter().any(|code| language.starts_with(code)) {
            self.between.iter().flat_map(|part| part.chars()).filter(|c| c.is_alphanumeric()).count() / 2
        } else {
            let words = self.between.iter().flat_map(|part| part.split_whitespace());
            words.filter(|each| each.chars().any(char::is_alphanumeric)).count()
        };
        n > 0 && found < 2 * n + 1
    }
}

fn head(part: &Value, by_name: bool, offer: bool) -> Refused {
    let format = word(&part["format"]).to_ascii_uppercase();
    if offer && format != "IMAGE" && format != "VIDEO" {
        return Err(format_error(2_388_047, "A limited time offer takes an image or a video."));
    }
    match format.as_str() {
        "IMAGE" | "VIDEO" | "GIF" | "DOCUMENT" => handle(part),
        "LOCATION" => Ok(()),
        "TEXT" | "" => {
            let text = word(&part["text"]);
            if text.is_empty() || count(text) > 60 {
                return Err(format_error(2_388_047, "The header has 1 to 60 characters."));
            }
            if text.contains(['\n', '\r', '*', '~', '`']) || text.chars().any(pictorial) {
                return Err(format_error(2_388_047, "The header has emoji, line breaks or formatting."));
            }
            let reading = Reading::of(text)?;
            reading.check_names(by_name)?;
            if reading.variables.len() > 1 {
                return Err(format_error(2_388_047, "The header has more than one variable."));
            }
            reading.check_samples(&part["example"], "header_text", by_name)
        }
        _ => Err(format_error(2_388_047, "The header's format is not known.")),
    }
}

fn handle(part: &Value) -> Refused {
    let given = items(&part["example"]["header_handle"]).iter().any(|each| !word(each).is_empty());
    if given { Ok(()) } else { Err(format_error(2_388_273, "A sample of the header's file is missing.")) }
}

fn text_of_body(part: &Value, by_name: bool, most: usize) -> Result<Reading, GraphError> {
    let text = word(&part["text"]);
    if text.is_empty() || count(text) > most {
        return Err(format_error(2_388_040, format!("The body has 1 to {most} characters.")));
    }
    if text.contains("\n\n\n") || text.contains("     ") || text.contains('\t') {
        return Err(format_error(2_388_072, "The body has too many blanks or line breaks in a row."));
    }
    let reading = Reading::of(text)?;
    reading.check_names(by_name)?;
    if !reading.variables.is_empty() {
        let last = reading.between.len() - 1;
        let empty = |part: &String| part.trim().is_empty();
        if empty(&reading.between[0]) || empty(&reading.between[last]) {
            return Err(GraphError::new(100, "Variables can't be at the start or end of the template.")
                .subcode(2_388_299));
        }
        if reading.between[1..last].iter().any(empty) {
            return Err(format_error(2_388_072, "Two variables stand next to each other."));
        }
    }
    reading.check_samples(&part["example"], "body_text", by_name)?;
    Ok(reading)
}

fn foot(part: &Value) -> Refused {
    let text = word(&part["text"]);
    let fits = (1..=60).contains(&count(text));
    if !fits || text.contains("{{") || text.contains(['\n', '\r']) || text.chars().any(pictorial) {
        return Err(format_error(
            2_388_073,
            "The footer is too long, or has variables, emoji or line breaks.",
        ));
    }
    Ok(())
}

fn row(buttons: &[Value], most: usize) -> Refused {
    let wrong = |why: &str| Err(GraphError::parameter(why));
    if buttons.is_empty() || buttons.len() > most {
        return wrong("The number of buttons is not allowed.");
    }
    let of = |name: &str| buttons.iter().filter(|button| kind(button) == name).count();
    if of("URL") > 2
        || ["PHONE_NUMBER", "COPY_CODE", "FLOW", "CATALOG", "MPM", "SPM"].iter().any(|n| of(n) > 1)
    {
        return wrong("There are too many buttons of one type.");
    }
    let (first, last) = (
        buttons.iter().position(|button| kind(button) == "QUICK_REPLY"),
        buttons.iter().rposition(|button| kind(button) == "QUICK_REPLY"),
    );
    if let (Some(first), Some(last)) = (first, last) {
        let together = last - first + 1 == of("QUICK_REPLY");
        if !together || first != 0 && last != buttons.len() - 1 {
            return wrong("Quick reply buttons must be grouped together.");
        }
    }
    for (n, button) in buttons.iter().enumerate() {
        let text = word(&button["text"]);
        if !text.is_empty() && buttons[..n].iter().any(|other| word(&other["text"]) == text) {
            return wrong("Two buttons have the same text.");
        }
        if count(text) > 25 || text.contains(['\n', '\r', '{', '}', '*']) || text.chars().any(pictorial) {
            return wrong("A button's text is too long or has characters that are not allowed.");
        }
        let kind = kind(button);
        if text.is_empty() && !matches!(kind.as_str(), "COPY_CODE" | "CATALOG" | "MPM" | "SPM") {
            return wrong("A button has no text.");
        }
        press(button, &kind)?;
    }
    Ok(())
}

fn press(button: &Value, kind: &str) -> Refused {
    let wrong = |why: &str| Err(GraphError::parameter(why));
    let sample = match &button["example"] {
        Value::Array(all) => all.first().map(word).unwrap_or_default(),
        other => word(other),
    };
    match kind {
        "URL" => {
            let url = word(&button["url"]);
            let host = url.split_once("://").map_or("", |(_, rest)| rest);
            let host = host.split(['/', '?', '#']).next().unwrap_or_default();
            let web = url.starts_with("https://") || url.starts_with("http://");
            if !web || count(url) > 2000 || !host.contains('.') || host.contains(['{', ' ']) {
                return wrong("A button's address is not valid.");
            }
            if matches!(host, "wa.me" | "api.whatsapp.com" | "chat.whatsapp.com") {
                return wrong("Direct links to WhatsApp are not allowed on buttons.");
            }
            let reading = Reading::of(url)?;
            match reading.variables.len() {
                0 => Ok(()),
                1 if reading.between[1].is_empty() && !sample.is_empty() => Ok(()),
                _ => wrong("A button's address takes one variable, at its end, with a sample."),
            }
        }
        "PHONE_NUMBER" => {
            let number = word(&button["phone_number"]);
            let digits = number.trim_start_matches('+');
            if digits.is_empty() || count(number) > 20 || digits.chars().any(|c| !c.is_ascii_digit()) {
                return wrong("A button's phone number is not valid.");
            }
            Ok(())
        }
        "COPY_CODE"
            if sample.is_empty() || count(sample) > 20 || !sample.chars().all(char::is_alphanumeric) =>
        {
            wrong("A coupon code needs a sample of at most 20 letters and digits.")
        }
        "FLOW"
            if button["flow_id"].is_null()
                && button["flow_name"].is_null()
                && button["flow_json"].is_null() =>
        {
            wrong("A flow button needs a flow.")
        }
        "QUICK_REPLY" | "COPY_CODE" | "FLOW" | "CATALOG" | "MPM" | "SPM" | "ORDER_DETAILS" | "VOICE_CALL" => {
            Ok(())
        }
        _ => wrong("A button is of a type that is not allowed here."),
    }
}

fn carousel(part: &Value, by_name: bool) -> Refused {
    let cards = items(&part["cards"]);
    if cards.len() < 2 || cards.len() > 10 {
        return Err(GraphError::parameter("A carousel has 2 to 10 cards."));
    }
    let outline = |card: &Value| -> Vec<(String, String, Vec<String>)> {
        let buttons = |part: &Value| items(&part["buttons"]).iter().map(kind).collect();
        let format = |part: &Value| word(&part["format"]).to_ascii_uppercase();
        items(&card["components"]).iter().map(|part| (kind(part), format(part), buttons(part))).collect()
    };
    for card in cards {
        if outline(card) != outline(&cards[0]) {
            return Err(GraphError::parameter("The cards of a carousel differ in their components."));
        }
        let mut headed = false;
        for part in items(&card["components"]) {
            match kind(part).as_str() {
                "HEADER" => {
                    headed = true;
                    match word(&part["format"]).to_ascii_uppercase().as_str() {
                        "IMAGE" | "VIDEO" => handle(part)?,
                        "PRODUCT" => {}
                        _ => return Err(format_error(2_388_047, "A card shows an image or a video.")),
                    }
                }
                "BODY" => {
                    let reading = text_of_body(part, by_name, 160)?;
                    if reading.is_vague(&Value::Null) {
                        return Err(GraphError::new(100, "Too many variables.").subcode(2_388_293));
                    }
                }
                "BUTTONS" => row(items(&part["buttons"]), 2)?,
                _ => return Err(GraphError::parameter("A card has a component that is not allowed.")),
            }
        }
        if !headed {
            return Err(format_error(2_388_047, "A card shows an image or a video."));
        }
    }
    Ok(())
}

fn authentication(parts: &[Value]) -> Refused {
    let wrong = |why: &str| Err(GraphError::parameter(why));
    let (mut body, mut button) = (false, false);
    for part in parts {
        match kind(part).as_str() {
            "BODY" => {
                body = true;
                let flag = &part["add_security_recommendation"];
                if !part["text"].is_null() || !(flag.is_null() || flag.is_boolean()) {
                    return wrong("The body of an authentication template is fixed.");
                }
            }
            "FOOTER" => {
                let minutes = part["code_expiration_minutes"].as_i64().unwrap_or(0);
                if !part["text"].is_null() || !(1..=90).contains(&minutes) {
                    return wrong("Param code_expiration_minutes must be between 1 and 90.");
                }
            }
            "BUTTONS" => {
                button = true;
                let [only] = items(&part["buttons"]) else {
                    return wrong("An authentication template has one button.");
                };
                code_button(only)?;
            }
            _ => return wrong("An authentication template has no such component."),
        }
    }
    if body && button { Ok(()) } else { wrong("An authentication template needs a body and a button.") }
}

fn code_button(button: &Value) -> Refused {
    let wrong = |why: &str| Err(GraphError::parameter(why));
    if kind(button) != "OTP" {
        return wrong("The button must be of type OTP.");
    }
    if count(word(&button["text"])) > 25 || count(word(&button["autofill_text"])) > 25 {
        return wrong("The button's text is too long.");
    }
    let needs_apps = match word(&button["otp_type"]).to_ascii_uppercase().as_str() {
        "COPY_CODE" => false,
        "ONE_TAP" => true,
        "ZERO_TAP" if button["zero_tap_terms_accepted"].as_bool() == Some(true) => true,
        _ => return wrong("Param otp_type is not valid, or its terms are not accepted."),
    };
    let apps = items(&button["supported_apps"]);
    let fits = |app: &Value| {
        let package = word(&app["package_name"]);
        package.contains('.') && count(package) <= 224 && count(word(&app["signature_hash"])) == 11
    };
    if needs_apps && (!(1..=5).contains(&apps.len()) || !apps.iter().all(fits)) {
        return wrong("Param supported_apps is not valid.");
    }
    Ok(())
}

/// What a reviewer notices who reads the words.
fn read_by_a_person(category: &str, parts: &[Value]) -> Review {
    let mut all = String::new();
    let mut addresses = String::new();
    for part in parts {
        all.push_str(word(&part["text"]));
        all.push('\n');
        for button in items(&part["buttons"]) {
            addresses.push_str(word(&button["url"]));
            addresses.push('\n');
        }
    }
    let all = all.to_lowercase();
    let says = |phrases: &str| phrases.split('|').any(|phrase| all.contains(phrase));
    let hides = |text: &str| {
        let hosts =
            text.split(|c: char| c.is_whitespace() || c == '/').map(|part| part.trim_start_matches("www."));
        let hosts: Vec<&str> = hosts.collect();
        HIDING.split('|').any(|short| hosts.contains(&short))
    };
    if hides(&all) || hides(&addresses.to_lowercase()) {
        return Review::Reject("INVALID_FORMAT");
    }
    if says(SECRETS) && says(REQUESTS) {
        return Review::Reject("SCAM");
    }
    if says(CODE_WORDS) && all.contains("{{") {
        return Review::Reject("INCORRECT_CATEGORY");
    }
    if category == "UTILITY" && says(ADVERTISING) { Review::ApproveAsMarketing } else { Review::Approve }
}

const ADVERTISING: &str = "discount|% off|sale ends|special offer|limited offer|buy now|shop now|promo code|\
coupon|best price|free gift|don't miss|exclusive offer|rabatt|angebot|descuento|oferta|desconto|promoção|\
remise|promotion|sconto";
const CODE_WORDS: &str = "verification code|one-time password|one time password|your otp|login code|\
security code is|código de verificación|código de verificação";
const SECRETS: &str = "card number|your cvv|your pin|your password|national id number|social security number|\
bank account number|número de tarjeta|número do cartão";
const REQUESTS: &str = "reply with|send us|enter|share|confirm your|tell us|envía|envie";
const HIDING: &str = "bit.ly|tinyurl.com|goo.gl|t.co|ow.ly|is.gd|cutt.ly|rebrand.ly|rb.gy";
const SPOKEN: &str = "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da \
prs_AF nl nl_BE en en_GB en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA et \
fil fi fr fr_BE fr_CA fr_CH fr_CI fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG lo \
lv lt mk ms ml mr nb ps_AF fa pl pt_BR pt_PT pa ro ru sr si_LK sk sl es es_AR es_CL es_CO es_CR es_DO es_EC \
es_HN es_MX es_PA es_PE es_ES es_UY sw sv ta te th tr uk ur uz vi zu";

fn format_error(subcode: u32, why: impl Into<String>) -> GraphError {
    GraphError::new(100, why).subcode(subcode)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        _ => &[],
    }
}

fn kind(part: &Value) -> String {
    word(&part["type"]).to_ascii_uppercase()
}

fn count(text: &str) -> usize {
    text.chars().count()
}

fn pictorial(c: char) -> bool {
    let n = c as u32;
    (0x1F000..0x1FB00).contains(&n)
        || (0x2600..0x27C0).contains(&n)
        || (0x2B00..0x2C00).contains(&n)
        || n == 0xFE0F
        || n == 0x20E3
}
