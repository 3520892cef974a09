//! Every message type but templates.

use crate::error::GraphError;
use crate::media::Shelf;

use super::check::Check;
use super::envelope::Envelope;
use super::interactive;

/// Checks the type's own object; says whether it is a voice message.
pub(super) fn check(envelope: &Envelope<'_>, kind: &str, shelf: &Shelf) -> Result<bool, GraphError> {
    if let Some(context) = &envelope.context {
        let id = context.message_id.as_ref().ok_or_else(|| GraphError::missing("context['message_id']"))?;
        if !id.get().starts_with("wamid.") {
            return Err(GraphError::invalid("context['message_id'] is not the id of a message."));
        }
    }
    let raw = match kind {
        "text" => return text(envelope).map(|()| false),
        "image" => envelope.image,
        "video" => envelope.video,
        "audio" => envelope.audio,
        "document" => envelope.document,
        "sticker" => envelope.sticker,
        "location" => envelope.location,
        "contacts" => envelope.contacts,
        "reaction" => envelope.reaction,
        "interactive" => envelope.interactive,
        other => return Err(GraphError::new(131_051, format!("Message type {other} is not supported."))),
    };
    let value = Check::parse(raw.ok_or_else(|| GraphError::missing(kind))?, kind)?;
    let object = Check::new(&value, kind);
    match kind {
        "location" => location(&object)?,
        "contacts" => contacts(&object)?,
        "reaction" => reaction(&object)?,
        "interactive" => interactive::check(&object, shelf)?,
        _ => media(&object, kind, shelf)?,
    }
    Ok(kind == "audio" && value["voice"] == true)
}

fn text(envelope: &Envelope<'_>) -> Result<(), GraphError> {
    let object = envelope.text.as_ref().ok_or_else(|| GraphError::missing("text"))?;
    let body = object.body.as_ref().ok_or_else(|| GraphError::missing("text['body']"))?.get();
    if body.is_empty() {
        return Err(GraphError::missing("text['body']"));
    }
    if body.len() > 4096 && body.chars().count() > 4096 {
        return Err(GraphError::parameter("Param text['body'] must be at most 4096 characters long."));
    }
    Ok(())
}

/// A media object: an id or a link, and what its kind may carry besides.
pub(super) fn media(object: &Check<'_>, kind: &str, shelf: &Shelf) -> Result<(), GraphError> {
    object.only(match kind {
        "image" | "video" => &["id", "link", "caption"],
        "audio" => &["id", "link", "voice"],
        "document" => &["id", "link", "caption", "filename"],
        _ => &["id", "link"],
    })?;
    object.maybe_text("caption", 1024)?;
    object.maybe_text("filename", 240)?;
    match (object.has("id"), object.has("link")) {
        (true, false) => {
            let id = object.text("id", 64)?;
            let expected = if kind == "gif" { "video" } else { kind };
            match shelf.kind_of(id) {
                None => Err(GraphError::parameter(format!("Media with id {id} does not exist."))),
                Some(found) if found != expected => Err(GraphError::new(
                    131_053,
                    format!("Media with id {id} is of type {found}, which cannot be sent as {kind}."),
                )),
                Some(_) => Ok(()),
            }
        }
        (false, true) => object.url("link"),
        (true, true) => Err(GraphError::parameter("Only one of id and link may be given.")),
        (false, false) => Err(GraphError::missing(&format!("{}['id'] or ['link']", object.path))),
    }
}

fn location(object: &Check<'_>) -> Result<(), GraphError> {
    object.only(&["latitude", "longitude", "name", "address"])?;
    object.number("latitude", -90.0, 90.0)?;
    object.number("longitude", -180.0, 180.0)?;
    object.maybe_text("name", 1000)?;
    object.maybe_text("address", 1000)
}

fn contacts(list: &Check<'_>) -> Result<(), GraphError> {
    for contact in list.items(1, 257)? {
        contact.only(&["name", "phones", "emails", "addresses", "org", "urls", "birthday"])?;
        let name = contact.need("name")?;
        name.text("formatted_name", 512)?;
        let parts = ["first_name", "last_name", "middle_name", "suffix", "prefix"];
        if !parts.iter().any(|part| name.has(part)) {
            return Err(GraphError::missing(&format!("{}['first_name']", name.path)));
        }
        if contact.has("birthday") {
            let day = contact.text("birthday", 10)?;
            let shape = day.len() == 10
                && day.bytes().enumerate().all(|(i, b)| match i {
                    4 | 7 => b == b'-',
                    _ => b.is_ascii_digit(),
                });
            if !shape {
                return Err(GraphError::invalid(format!("{}['birthday'] is not YYYY-MM-DD.", contact.path)));
            }
        }
        for key in ["phones", "emails", "addresses", "urls"] {
            if let Some(list) = contact.maybe(key) {
                list.items(0, 100)?;
            }
        }
    }
    Ok(())
}

fn reaction(object: &Check<'_>) -> Result<(), GraphError> {
    object.only(&["message_id", "emoji"])?;
    let id = object.text("message_id", 256)?;
    if !id.starts_with("wamid.") {
        return Err(GraphError::invalid("reaction['message_id'] is not the id of a message."));
    }
    let emoji = object.need("emoji")?;
    match emoji.value.as_str() {
        Some(text) if text.chars().count() <= 16 && !text.bytes().any(|b| b.is_ascii_alphanumeric()) => {
            Ok(())
        }
        _ => Err(GraphError::invalid("reaction['emoji'] must be one emoji or empty.")),
    }
}
