//! The functions that rules may call: one file each, with its signature, examples and code.
//!
//! [`Registry::standard`] holds the language's own; an embedding program adds its own with
//! [`Registry::with`]. What holds for all of them (absent arguments, types, the bound on a result) is in
//! [`Function`].

mod arguments;
mod bounded;
mod canonical;
mod function;
mod registry;

mod abs;
mod add_time;
mod at;
mod base64_decode;
mod base64_encode;
mod boolean;
mod ceil;
mod contains;
mod ends_with;
mod first;
mod floor;
mod format_time;
mod from_unix;
mod from_unix_ms;
mod hmac_sha256;
mod join;
mod last;
mod length;
mod lower;
mod mask;
mod mask_email;
mod max;
mod md5;
mod merge;
mod min;
mod now;
mod number;
mod pad_left;
mod parse_json;
mod parse_time;
mod provenance;
mod replace;
mod round;
mod seconds_between;
mod sha256;
mod split;
mod starts_with;
mod string;
mod substring;
mod sum;
mod to_json;
mod to_unix;
mod to_unix_ms;
mod trim;
mod truncate_time;
mod type_of;
mod unique;
mod upper;
mod url_decode;
mod url_encode;

pub use function::{Body, CallContext, CallError, Function, Verify};
pub use registry::{NameTaken, Registry};

/// The language's own functions, by name.
fn standard() -> Vec<Function> {
    vec![
        abs::function(),
        add_time::function(),
        at::function(),
        base64_decode::function(),
        base64_encode::function(),
        boolean::function(),
        ceil::function(),
        contains::function(),
        ends_with::function(),
        first::function(),
        floor::function(),
        format_time::function(),
        from_unix::function(),
        from_unix_ms::function(),
        hmac_sha256::function(),
        join::function(),
        last::function(),
        length::function(),
        lower::function(),
        mask::function(),
        mask_email::function(),
        max::function(),
        md5::function(),
        merge::function(),
        min::function(),
        now::function(),
        number::function(),
        pad_left::function(),
        parse_json::function(),
        parse_time::function(),
        provenance::function(),
        replace::function(),
        round::function(),
        seconds_between::function(),
        sha256::function(),
        split::function(),
        starts_with::function(),
        string::function(),
        substring::function(),
        sum::function(),
        to_json::function(),
        to_unix::function(),
        to_unix_ms::function(),
        trim::function(),
        truncate_time::function(),
        type_of::function(),
        unique::function(),
        upper::function(),
        url_decode::function(),
        url_encode::function(),
    ]
}
