//! `/api/chat/{room}`: what one posts, all who are in the room get.

use std::rc::Rc;

use super::publish::{Delivered, line, object, publish, published};
use super::subscribe::{named, subscribe};
use crate::connection::body::Reply;
use crate::hub::branch::Branch;
use crate::hub::topic::Kind;
use crate::request::call::{Answer, Call};
use crate::request::response;
use crate::scenario::stage::Stage;

/// `GET`: enters the room.
pub(crate) fn stream(stage: &Stage, call: &Call) -> Answer {
    subscribe(stage, call, Kind::Room, |_| Ok(None))
}

/// `POST`: says something, any JSON object.
pub(crate) fn post(stage: &Stage, mut call: Call) -> Answer {
    let hub = Rc::clone(&stage.hub);
    Answer::later(async move { published(say(&hub, &mut call).await) })
}

async fn say(hub: &Branch, call: &mut Call) -> Result<Delivered, Reply> {
    let room = named(call, Kind::Room).map_err(|refused| response::bad_request(&refused))?;
    let mut message = object(call).await?;
    message.insert("room".to_owned(), room.name().into());
    Ok(publish(hub, &room, None, &line(message)).await)
}
