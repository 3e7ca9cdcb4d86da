//! The parameter `fault` of a request, and what faults do to the head of its answer.

use http::Method;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use super::bad_request::BadRequest;
use crate::connection::body::Reply;
use crate::fault::draw::{self, PARAMETER, ServerFaults};
use crate::fault::kinds::{self, Fault};
use crate::fault::parse::BadFault;

/// The faults of the stream that a request asks for; for HEAD, those that the next GET would have.
///
/// # Errors
/// When it asks for such as there are not.
pub(crate) fn of_stream(source: &ServerFaults, head: &Parts) -> Result<Vec<Fault>, BadRequest> {
    let query = head.uri.query();
    let drawn = if head.method == Method::HEAD {
        source.foresee(query)
    } else {
        source.draw(query)
    };
    drawn.map_err(|bad| refused(&bad))
}

/// Of what is not streamed but could be.
///
/// # Errors
/// When `query` asks for faults that only a stream can have, or for such as there are not.
pub(crate) fn none_of_body_asked(query: Option<&str>) -> Result<(), BadRequest> {
    let asked = draw::asked(query).map_err(|bad| refused(&bad))?;
    if asked.is_none_or(|faults| !faults.need_stream()) {
        return Ok(());
    }
    Err(BadRequest {
        code: "invalid_parameter",
        param: PARAMETER.to_owned(),
        message: "without \"stream\": true a fault may be refuse, head-delay or content-type: the others need a stream"
            .to_owned(),
    })
}

/// Of what is no stream.
///
/// # Errors
/// When `query` asks for faults.
pub(crate) fn none_asked(query: Option<&str>) -> Result<(), BadRequest> {
    if !draw::is_asked(query) {
        return Ok(());
    }
    Err(BadRequest {
        code: "unknown_parameter",
        param: PARAMETER.to_owned(),
        message: format!("there is no parameter \"{PARAMETER}\" here, only streams have it"),
    })
}

/// Has `reply` say that it is something else, if it is to.
pub(crate) fn labelled(faults: &[Fault], mut reply: Reply) -> Reply {
    if let Some(content_type) = kinds::content_type(faults) {
        let headers = reply.headers_mut();
        headers.insert(CONTENT_TYPE, content_type.clone());
    }
    reply
}

fn refused(bad: &BadFault) -> BadRequest {
    BadRequest {
        code: "invalid_parameter",
        param: PARAMETER.to_owned(),
        message: bad.to_string(),
    }
}
