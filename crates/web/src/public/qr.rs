//! QR codes as pictures to print.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of quiet ground around the code, as readers expect.
const QUIET: i32 = 4;

/// A square SVG of a link, with a title for those who cannot see it. Links that no code can hold do not come here:
/// form names are short.
pub fn svg(link: &str, title: &str) -> String {
    let code = QrCode::encode_text(link, QrCodeEcc::Medium).expect("a link to a chat fits into a code");
    let size = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            write!(path, "M{},{}h1v1h-1z", x + QUIET, y + QUIET).expect("a string takes all");
        }
    }
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" \
         shape-rendering=\"crispEdges\"><title>{title}</title><rect width=\"{size}\" height=\"{size}\" \
         fill=\"#fff\"/><path d=\"{path}\" fill=\"#000\"/></svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::svg;

    #[test]
    fn a_code_is_a_picture_of_its_link() {
        let picture = svg("https://wa.me/12025550100?text=Hello%20(ABCDEFGH-1)", "A <form> & more");
        assert!(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
        assert!(picture.contains("<title>A &lt;form> &amp; more</title>"));
        // The three corner marks: seven dark modules in a row, above the quiet ground.
        assert!(
            picture
                .contains("M4,4h1v1h-1zM5,4h1v1h-1zM6,4h1v1h-1zM7,4h1v1h-1zM8,4h1v1h-1zM9,4h1v1h-1zM10,4h1")
        );
        assert!(!picture.contains("M3,4h") && !picture.contains("M11,4h"));
        assert_ne!(picture, svg("https://wa.me/12025550100?text=Hello%20(ABCDEFGH-2)", "A <form> & more"));
    }
}
