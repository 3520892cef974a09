//! Which files the platform takes, and how large; asked before anything is uploaded.

use crate::problem::{Checked, refuse};

const KB: u64 = 1_024;
const MB: u64 = 1_024 * KB;

/// Media type and its greatest size in bytes.
const FILES: &[(&str, u64)] = &[
    ("audio/aac", 16 * MB),
    ("audio/amr", 16 * MB),
    ("audio/mpeg", 16 * MB),
    ("audio/mp4", 16 * MB),
    ("audio/ogg", 16 * MB),
    ("application/pdf", 100 * MB),
    ("application/msword", 100 * MB),
    ("application/vnd.ms-excel", 100 * MB),
    ("application/vnd.ms-powerpoint", 100 * MB),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", 100 * MB),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 100 * MB),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", 100 * MB),
    ("text/plain", 100 * MB),
    ("image/jpeg", 5 * MB),
    ("image/png", 5 * MB),
    // A still sticker takes 100 KB, a moving one 500 KB; the type does not tell them apart.
    ("image/webp", 500 * KB),
    ("video/mp4", 16 * MB),
    ("video/3gpp", 16 * MB),
];

/// Refuses what the platform would refuse: an unknown type, an empty or too large file.
pub fn check_file(mime_type: &str, bytes: u64) -> Checked<()> {
    let kind = mime_type.split(';').next().unwrap_or_default().trim();
    let Some((_, most)) = FILES.iter().find(|(each, _)| each.eq_ignore_ascii_case(kind)) else {
        let detail = "WhatsApp takes JPEG, PNG, WebP, MP4, 3GPP, AAC, AMR, MP3, OGG, PDF, Office documents and plain text.";
        return refuse("file", "media.type", detail);
    };
    if bytes == 0 {
        return refuse("file", "media.empty", "The file is empty.");
    }
    if bytes > *most {
        return refuse("file", "media.size", format!("A file of this type takes at most {} KB.", most / KB));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_sizes_are_checked() {
        for (mime, bytes, want) in [
            ("image/jpeg", 5 * MB, None),
            ("audio/ogg; codecs=opus", 10, None),
            ("IMAGE/PNG", 1, None),
            ("image/jpeg", 5 * MB + 1, Some("media.size")),
            ("image/webp", 501 * KB, Some("media.size")),
            ("image/gif", 10, Some("media.type")),
            ("", 10, Some("media.type")),
            ("text/plain", 0, Some("media.empty")),
        ] {
            let found = check_file(mime, bytes).err().map(|problems| problems[0].code);
            assert_eq!(found, want, "{mime} {bytes}");
        }
    }
}
