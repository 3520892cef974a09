//! The shapes of what people send.

use serde::Deserialize;
use tidings_domain::fact::InboundMedia;

use super::super::lenient::{Maybe, Text};
use crate::limits::PROVIDER_ID_BYTES_MAX;

#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default)]
    pub id: Text<'a>,
    #[serde(borrow, default)]
    pub from: Text<'a>,
    #[serde(borrow, default)]
    pub from_user_id: Text<'a>,
    #[serde(borrow, default)]
    pub from_parent_user_id: Text<'a>,
    #[serde(borrow, default)]
    pub timestamp: Text<'a>,
    #[serde(borrow, default)]
    pub r#type: Text<'a>,
    #[serde(borrow, default)]
    context: Maybe<Reference<'a>>,
    #[serde(borrow, default)]
    text: Maybe<Words<'a>>,
    #[serde(borrow, default)]
    image: Maybe<File<'a>>,
    #[serde(borrow, default)]
    video: Maybe<File<'a>>,
    #[serde(borrow, default)]
    audio: Maybe<File<'a>>,
    #[serde(borrow, default)]
    document: Maybe<File<'a>>,
    #[serde(borrow, default)]
    sticker: Maybe<File<'a>>,
    #[serde(borrow, default)]
    button: Maybe<Words<'a>>,
    #[serde(borrow, default)]
    interactive: Maybe<Interactive<'a>>,
    #[serde(borrow, default)]
    reaction: Maybe<Reaction<'a>>,
    #[serde(borrow, default)]
    order: Maybe<Words<'a>>,
    #[serde(borrow, default)]
    edit: Maybe<Edit<'a>>,
    #[serde(borrow, default)]
    revoke: Maybe<Edit<'a>>,
    #[serde(borrow, default)]
    pub system: Maybe<System<'a>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
}

/// The words of a text, a template button, an order or a reply of any kind.
#[derive(Deserialize)]
struct Words<'a> {
    #[serde(borrow, default)]
    body: Text<'a>,
    #[serde(borrow, default)]
    text: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    mime_type: Text<'a>,
    #[serde(borrow, default)]
    sha256: Text<'a>,
    #[serde(borrow, default)]
    filename: Text<'a>,
    #[serde(borrow, default)]
    caption: Text<'a>,
}

#[derive(Deserialize)]
struct Interactive<'a> {
    #[serde(borrow, default)]
    button_reply: Maybe<Words<'a>>,
    #[serde(borrow, default)]
    list_reply: Maybe<Words<'a>>,
    #[serde(borrow, default)]
    nfm_reply: Maybe<Words<'a>>,
}

#[derive(Deserialize)]
struct Reaction<'a> {
    #[serde(borrow, default)]
    message_id: Text<'a>,
    #[serde(borrow, default)]
    emoji: Text<'a>,
}

#[derive(Deserialize)]
struct Edit<'a> {
    #[serde(borrow, default)]
    original_message_id: Text<'a>,
    #[serde(borrow, default)]
    message: Maybe<Box<Message<'a>>>,
}

/// News about a person's own ids.
#[derive(Deserialize)]
pub(super) struct System<'a> {
    #[serde(borrow, default)]
    pub r#type: Text<'a>,
    #[serde(borrow, default, alias = "new_wa_id")]
    pub wa_id: Text<'a>,
    #[serde(borrow, default)]
    pub user_id: Text<'a>,
    #[serde(borrow, default)]
    pub parent_user_id: Text<'a>,
    #[serde(borrow, default)]
    pub previous_user_id: Text<'a>,
    #[serde(borrow, default)]
    pub previous_parent_user_id: Text<'a>,
}

impl Words<'_> {
    fn words(&self) -> Option<&str> {
        self.body.get().or(self.text.get()).or(self.title.get())
    }
}

impl<'a> Message<'a> {
    /// What a person typed or tapped.
    pub(super) fn words(&self) -> Option<&str> {
        match self.r#type.get()? {
            "text" => self.text.get()?.words(),
            "button" => self.button.get()?.words(),
            "order" => self.order.get()?.words(),
            "reaction" => self.reaction.get()?.emoji.get(),
            "interactive" => {
                let interactive = self.interactive.get()?;
                let replies = [&interactive.button_reply, &interactive.list_reply, &interactive.nfm_reply];
                replies.into_iter().find_map(|reply| reply.get()?.words())
            }
            "edit" => self.edit.get()?.message.get()?.words(),
            _ => self.file()?.caption.get(),
        }
    }

    /// The message of ours or theirs that this one is about.
    pub(super) fn about(&self) -> Option<&str> {
        let about = match self.r#type.get() {
            Some("reaction") => self.reaction.get().and_then(|reaction| reaction.message_id.get()),
            Some("edit") => self.edit.get().and_then(|edit| edit.original_message_id.get()),
            Some("revoke") => self.revoke.get().and_then(|revoke| revoke.original_message_id.get()),
            _ => None,
        };
        about.or_else(|| self.context.get()?.id.get()).filter(|id| id.len() <= PROVIDER_ID_BYTES_MAX)
    }

    pub(super) fn media(&self) -> Option<InboundMedia> {
        if self.r#type.is("edit") {
            return self.edit.get()?.message.get()?.media();
        }
        let file = self.file()?;
        Some(InboundMedia {
            provider_id: file.id.owned()?,
            mime_type: file.mime_type.owned(),
            sha256: file.sha256.owned(),
            filename: file.filename.owned(),
        })
    }

    fn file(&self) -> Option<&File<'a>> {
        match self.r#type.get()? {
            "image" => self.image.get(),
            "video" => self.video.get(),
            "audio" => self.audio.get(),
            "document" => self.document.get(),
            "sticker" => self.sticker.get(),
            _ => None,
        }
    }
}
