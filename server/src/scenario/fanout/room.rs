//! `/api/chat/{room}`: what one posts, all who are in the room get.

use super::{Delivered, line, named, object, publish, published, subscribe};
use crate::connection::body::Reply;
use crate::hub::topic::Kind;
use crate::request::call::{Answer, Call};
use crate::request::response;

/// `GET`: enters the room.
pub(crate) fn stream(call: &Call) -> Answer {
    subscribe(call, Kind::Room, |_| Ok(None))
}

/// `POST`: says something, any JSON object.
pub(crate) fn post(mut call: Call) -> Answer {
    Answer::later(async move { published(say(&mut call).await) })
}

async fn say(call: &mut Call) -> Result<Delivered, Reply> {
    let room = named(call, Kind::Room).map_err(|refused| response::bad_request(&refused))?;
    let mut message = object(call).await?;
    message.insert("room".to_owned(), room.name().into());
    Ok(publish(&call.core, &room, None, &line(message)).await)
}
