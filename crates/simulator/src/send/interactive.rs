//! Interactive messages, kind by kind.

use crate::error::GraphError;
use crate::media::Shelf;

use super::check::Check;
use super::plain;

type Checked = Result<(), GraphError>;

pub(super) fn check(object: &Check<'_>, shelf: &Shelf) -> Checked {
    object.only(&["type", "header", "body", "footer", "action"])?;
    let kind = object.text("type", 64)?;
    let action = object.need("action")?;
    let (body_max, body_needed) = match kind {
        "list" => (4096, true),
        "product" => (1024, false),
        _ => (1024, true),
    };
    if body_needed || object.has("body") {
        object.need("body")?.text("text", body_max)?;
    }
    if let Some(footer) = object.maybe("footer") {
        footer.text("text", 60)?;
    }
    if let Some(header) = object.maybe("header") {
        check_header(&header, kind, shelf)?;
    }
    match kind {
        "button" => buttons(&action),
        "list" => list(&action),
        "cta_url" => cta_url(&action),
        "flow" => flow(&action),
        "location_request_message" => named(&action, "send_location"),
        "request_contact_info" => named(&action, "request_contact_info"),
        "call_permission_request" => named(&action, "call_permission_request"),
        "voice_call" => named(&action, "voice_call"),
        "address_message" => {
            named(&action, "address_message")?;
            action.need("parameters")?.text("country", 2).map(|_| ())
        }
        "catalog_message" => named(&action, "catalog_message"),
        "product" => product(&action),
        "product_list" => product_list(object, &action),
        "carousel" => carousel(object, &action, shelf),
        "order_details" => order_details(&action),
        "order_status" => order_status(&action),
        other => Err(GraphError::parameter(format!("Param interactive['type'] does not know {other}."))),
    }
}

fn check_header(header: &Check<'_>, kind: &str, shelf: &Shelf) -> Checked {
    let form = header.one_of("type", &["text", "image", "video", "document", "gif"])?;
    if form != "text" && matches!(kind, "list" | "product_list") {
        return Err(GraphError::invalid("interactive['header'] must be text here."));
    }
    if form == "text" {
        return header.text("text", 60).map(|_| ());
    }
    plain::media(&header.need(form)?, form, shelf)
}

fn named(action: &Check<'_>, name: &str) -> Checked {
    action.one_of("name", &[name]).map(|_| ())
}

fn unique<'v>(seen: &mut Vec<&'v str>, text: &'v str, what: &str) -> Checked {
    if seen.contains(&text) {
        return Err(GraphError::invalid(format!("Duplicate {what}.")));
    }
    seen.push(text);
    Ok(())
}

fn buttons(action: &Check<'_>) -> Checked {
    let (mut ids, mut titles) = (Vec::new(), Vec::new());
    for button in action.list("buttons", 1, 3)? {
        button.one_of("type", &["reply"])?;
        let reply = button.need("reply")?;
        unique(&mut ids, reply.text("id", 256)?, "button id")?;
        unique(&mut titles, reply.text("title", 20)?, "button title")?;
    }
    Ok(())
}

fn list(action: &Check<'_>) -> Checked {
    action.only(&["button", "sections"])?;
    action.text("button", 20)?;
    let sections = action.list("sections", 1, 10)?;
    let (mut rows, mut ids) = (0, Vec::new());
    for section in &sections {
        if sections.len() > 1 {
            section.text("title", 24)?;
        }
        for row in section.list("rows", 1, 10)? {
            unique(&mut ids, row.text("id", 200)?, "row id")?;
            row.text("title", 24)?;
            row.maybe_text("description", 72)?;
            rows += 1;
        }
    }
    if rows > 10 {
        return Err(GraphError::invalid("Total row count exceeds the maximum of 10."));
    }
    Ok(())
}

fn cta_url(action: &Check<'_>) -> Checked {
    named(action, "cta_url")?;
    let parameters = action.need("parameters")?;
    parameters.text("display_text", 20)?;
    parameters.url("url")
}

fn flow(action: &Check<'_>) -> Checked {
    named(action, "flow")?;
    let parameters = action.need("parameters")?;
    parameters.one_of("flow_message_version", &["3"])?;
    parameters.text("flow_cta", 30)?;
    if parameters.has("flow_id") == parameters.has("flow_name") {
        return Err(GraphError::invalid("Exactly one of flow_id and flow_name is needed."));
    }
    if parameters.has("mode") {
        parameters.one_of("mode", &["draft", "published"])?;
    }
    if parameters.has("flow_action") {
        parameters.one_of("flow_action", &["navigate", "data_exchange"])?;
    }
    Ok(())
}

fn product(action: &Check<'_>) -> Checked {
    action.text("catalog_id", 64)?;
    action.text("product_retailer_id", 128).map(|_| ())
}

fn product_list(object: &Check<'_>, action: &Check<'_>) -> Checked {
    object.need("header")?;
    action.text("catalog_id", 64)?;
    let mut products = 0;
    for section in action.list("sections", 1, 10)? {
        section.text("title", 24)?;
        for item in section.list("product_items", 1, 30)? {
            item.text("product_retailer_id", 128)?;
            products += 1;
        }
    }
    if products > 30 {
        return Err(GraphError::invalid("Total product count exceeds the maximum of 30."));
    }
    Ok(())
}

fn carousel(object: &Check<'_>, action: &Check<'_>, shelf: &Shelf) -> Checked {
    if object.has("header") || object.has("footer") {
        return Err(GraphError::invalid("A carousel has neither header nor footer."));
    }
    let mut form = None;
    for (i, card) in action.list("cards", 2, 10)?.iter().enumerate() {
        card.number("card_index", i as f64, i as f64)?;
        if card.one_of("type", &["cta_url", "product"])? == "product" {
            product(&card.need("action")?)?;
            continue;
        }
        let header = card.need("header")?;
        let own = header.one_of("type", &["image", "video"])?;
        if *form.get_or_insert(own) != own {
            return Err(GraphError::invalid("All cards need the same type of header."));
        }
        plain::media(&header.need(own)?, own, shelf)?;
        if let Some(body) = card.maybe("body") {
            body.text("text", 160)?;
        }
        let action = card.need("action")?;
        if action.has("buttons") { buttons(&action)? } else { cta_url(&action)? }
    }
    Ok(())
}

fn order_details(action: &Check<'_>) -> Checked {
    named(action, "review_and_pay")?;
    let parameters = action.need("parameters")?;
    parameters.text("reference_id", 60)?;
    parameters.one_of("type", &["digital-goods", "physical-goods"])?;
    parameters.text("currency", 3)?;
    let total = parameters.need("total_amount")?;
    total.number("value", 0.0, 1e12)?;
    total.number("offset", 1.0, 1e6)?;
    let order = parameters.need("order")?;
    order.one_of("status", &["pending"])?;
    order.list("items", 1, 999).map(|_| ())
}

fn order_status(action: &Check<'_>) -> Checked {
    named(action, "review_order")?;
    let parameters = action.need("parameters")?;
    parameters.text("reference_id", 60)?;
    let order = parameters.need("order")?;
    order.one_of(
        "status",
        &["pending", "processing", "partially_shipped", "shipped", "completed", "canceled"],
    )?;
    Ok(())
}
