//! Query parameters: each read as what it should be, or refused with its name and what it may be.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::bad_request::BadRequest;
use crate::fault::draw::PARAMETER;
use crate::number;

/// Several times what any scenario knows: each is compared with all the others.
pub(crate) const PARAMETERS_MAX: usize = 100;

/// The parameters of one request. Every parameter a scenario knows is asked for, and [`Query::finish`] refuses the
/// rest.
pub(crate) struct Query<'a> {
    given: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    known: Vec<&'static str>,
}

impl<'a> Query<'a> {
    /// Splits a query string, percent-encoded as HTML forms are.
    ///
    /// # Errors
    /// When a parameter is given twice, is not UTF-8, or there are too many.
    pub(crate) fn parse(query: Option<&'a str>) -> Result<Self, BadRequest> {
        let query = query.unwrap_or_default();
        let count = query.split('&').count();
        if count > PARAMETERS_MAX {
            return Err(BadRequest {
                code: "too_many_parameters",
                param: "query".to_owned(),
                message: format!(
                    "{count} parameters are more than the {PARAMETERS_MAX} there may be"
                ),
            });
        }
        let mut given: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if given.iter().any(|(other, _)| *other == name) {
                return Err(BadRequest {
                    code: "repeated_parameter",
                    message: format!("{name} is given more than once"),
                    param: name.into_owned(),
                });
            }
            if [&name, &value].iter().any(|text| text.contains('\u{fffd}')) && !is_utf8(query) {
                return Err(BadRequest {
                    code: "invalid_encoding",
                    message: format!("{name} is not UTF-8"),
                    param: name.into_owned(),
                });
            }
            given.push((name, value));
        }
        // Has been read before: every stream may have faults.
        given.retain(|(name, _)| name != PARAMETER);
        Ok(Self {
            given,
            known: Vec::new(),
        })
    }

    /// The same with `given` beside them, which counts where both have a parameter.
    pub(crate) fn overridden(mut self, given: Vec<(String, String)>) -> Self {
        self.given
            .retain(|(name, _)| given.iter().all(|(other, _)| other != name));
        let owned = |(name, value)| (Cow::Owned(name), Cow::Owned(value));
        self.given.extend(given.into_iter().map(owned));
        self
    }

    /// A whole number.
    ///
    /// # Errors
    /// When it is something else or out of `range`.
    pub(crate) fn integer(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, BadRequest> {
        self.read(name, |value| {
            let number = number::whole(value).filter(|number| range.contains(number));
            number
                .ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
        })
    }

    /// A decimal number in millionths: 0, or one within `range` (in millionths, too).
    ///
    /// # Errors
    /// When it is something else or out of `range`.
    pub(crate) fn millionths(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, BadRequest> {
        self.read(name, |value| {
            let number =
                number::millionths(value).filter(|number| *number == 0 || range.contains(number));
            number.ok_or_else(|| {
                let [least, most] = [range.start(), range.end()].map(|end| *end as f64 / 1e6);
                format!("0 or a number from {least} to {most}")
            })
        })
    }

    /// A switch: 1 or 0.
    ///
    /// # Errors
    /// When it is something else.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, BadRequest> {
        self.read(name, |value| match value {
            "0" => Ok(false),
            "1" => Ok(true),
            _ => Err("0 or 1".to_owned()),
        })
    }

    /// Text of so many characters (Unicode scalar values).
    ///
    /// # Errors
    /// When it is longer or shorter.
    pub(crate) fn text(
        &mut self,
        name: &'static str,
        chars: RangeInclusive<usize>,
    ) -> Result<Option<Box<str>>, BadRequest> {
        self.read(name, |value| {
            if chars.contains(&value.chars().count()) {
                Ok(value.into())
            } else {
                Err(format!(
                    "a text of {} to {} characters",
                    chars.start(),
                    chars.end()
                ))
            }
        })
    }

    /// Whatever `parse` makes of it, which otherwise says what it may be.
    ///
    /// # Errors
    /// When `parse` refuses it.
    pub(crate) fn read<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, BadRequest> {
        self.known.push(name);
        let given = self.given.iter().find(|(given, _)| given == name);
        given
            .map(|(_, value)| {
                parse(value).map_err(|expected| BadRequest::invalid(name, value, expected))
            })
            .transpose()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// When a parameter was given that nobody asked for.
    pub(crate) fn finish(mut self) -> Result<(), BadRequest> {
        let unknown = self
            .given
            .iter()
            .find(|(name, _)| !self.known.contains(&name.as_ref()));
        let Some((name, _)) = unknown else {
            return Ok(());
        };
        self.known.push(PARAMETER);
        let message = if name == PARAMETER {
            format!("{name} stands in the query, not in the body")
        } else {
            let known = self.known.join(", ");
            format!("there is no parameter \"{name}\" here, only {known}")
        };
        Err(BadRequest {
            code: "unknown_parameter",
            param: name.to_string(),
            message,
        })
    }
}

/// Whether what is percent-encoded in `query` is UTF-8. What is not becomes U+FFFD when it is read.
fn is_utf8(query: &str) -> bool {
    percent_encoding::percent_decode_str(query)
        .decode_utf8()
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query<'_> {
        Query::parse(Some(text)).unwrap()
    }

    fn message<T: std::fmt::Debug>(result: Result<T, BadRequest>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn reads_each_kind() {
        let mut query = query("n=12&d=1.5&f=1&t=a%20%E4%BD%A0+b");
        assert_eq!(query.integer("n", 0..=12), Ok(Some(12)));
        assert_eq!(query.millionths("d", 1..=2_000_000), Ok(Some(1_500_000)));
        assert_eq!(query.flag("f"), Ok(Some(true)));
        assert_eq!(query.text("t", 0..=5), Ok(Some("a 你 b".into())));
        assert_eq!(query.flag("absent"), Ok(None));
        assert_eq!(query.finish(), Ok(()));
    }

    #[test]
    fn whole_numbers_are_digits_within_their_range() {
        for value in [
            "",
            "-1",
            "+1",
            "1.0",
            " 1",
            "0x1",
            "11",
            "99999999999999999999",
        ] {
            let text = form_urlencoded::Serializer::new(String::new())
                .append_pair("n", value)
                .finish();
            let expected = format!("n must be a whole number from 0 to 10, not \"{value}\"");
            assert_eq!(message(query(&text).integer("n", 0..=10)), expected);
        }
    }

    #[test]
    fn decimals_are_within_their_range_or_nought() {
        let mut query = query("zero=0.0&small=0.0005&large=2.000001");
        assert_eq!(query.millionths("zero", 1_000..=2_000_000), Ok(Some(0)));
        let expected =
            |name, value| format!("{name} must be 0 or a number from 0.001 to 2, not \"{value}\"");
        assert_eq!(
            message(query.millionths("small", 1_000..=2_000_000)),
            expected("small", "0.0005")
        );
        assert_eq!(
            message(query.millionths("large", 1_000..=2_000_000)),
            expected("large", "2.000001")
        );
    }

    #[test]
    fn other_bad_values_say_what_they_may_be() {
        let mut query = query("f=yes&t=abc");
        assert_eq!(message(query.flag("f")), "f must be 0 or 1, not \"yes\"");
        assert_eq!(
            message(query.text("t", 0..=2)),
            "t must be a text of 0 to 2 characters, not \"abc\""
        );
    }

    #[test]
    fn what_is_not_utf8_or_too_much_is_refused() {
        let code = |text: &str| Query::parse(Some(text)).err().map(|error| error.code);
        assert_eq!(code("t=%ff"), Some("invalid_encoding"));
        assert_eq!(code("t=%EF%BF%BD&%zz=+"), None);
        let many: Vec<String> = (0..=PARAMETERS_MAX)
            .map(|number| format!("p{number}="))
            .collect();
        assert_eq!(code(&many.join("&")), Some("too_many_parameters"));
        assert_eq!(code(&many[1..].join("&")), None);
    }

    #[test]
    fn a_repeated_parameter_is_refused() {
        let error = Query::parse(Some("n=1&n=1")).err().unwrap();
        assert_eq!(
            (error.code, error.param.as_str()),
            ("repeated_parameter", "n")
        );
    }

    #[test]
    fn faults_have_been_read_but_not_those_of_a_body() {
        assert_eq!(query("fault=x").finish(), Ok(()));
        let body = vec![("fault".to_owned(), "x".to_owned())];
        let error = query("fault=x").overridden(body).finish().unwrap_err();
        assert_eq!(error.message, "fault stands in the query, not in the body");
        assert!(Query::parse(Some("fault=x&fault=y")).is_err());
    }

    #[test]
    fn an_unknown_parameter_is_told_the_known_ones() {
        let mut query = query("size=1&sizes=1");
        query.integer("size", 0..=1).unwrap();
        query.flag("ids").unwrap();
        let error = query.finish().unwrap_err();
        assert_eq!(
            (error.code, error.param.as_str()),
            ("unknown_parameter", "sizes")
        );
        assert_eq!(
            error.message,
            "there is no parameter \"sizes\" here, only size, ids, fault"
        );
    }
}
