//! `hmac_sha256`

use enrich_dsl::functions::{Example, Group, Parameter, Signature, Type};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::Function;
use super::arguments::{text, wrong};
use crate::value::Value;

const SIGNATURE: Signature = Signature {
    name: "hmac_sha256",
    group: Group::Privacy,
    summary: "The HMAC-SHA-256 of the text's UTF-8 bytes, in 64 lower-case hexadecimal digits: a \
              pseudonym that only who has the key can make or check.",
    parameters: &[
        Parameter::new("text", Type::String, "The text."),
        Parameter::new("key", Type::String, "The key, best a variable of the deployment; not empty."),
    ],
    returns: Type::String,
    examples: &[
        Example::new(
            r#"hmac_sha256("what do ya want for nothing?", "Jefe")"#,
            r#""5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843""#,
        ),
        Example::new(r#"hmac_sha256("ada", "k1") == hmac_sha256("ada", "k2")"#, "false"),
        Example::new(r#"hmac_sha256("ada", "")"#, "error argument"),
    ],
};

pub(super) fn function() -> Function {
    Function::new(SIGNATURE, |arguments, _| {
        let key = text(arguments, 1);
        if key.is_empty() {
            return Err(wrong(&SIGNATURE, 1, "is empty"));
        }
        // A key of any length will do.
        let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
            return Err(wrong(&SIGNATURE, 1, "is no key"));
        };
        hash.update(text(arguments, 0).as_bytes());
        Ok(Value::from(crate::hex(&hash.finalize().into_bytes())))
    })
}
