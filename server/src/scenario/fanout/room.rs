//! `/api/chat/{room}`: what one posts, all who are in the room get.

use std::rc::Rc;

use super::publish::{Delivered, line, object, publish, published};
use super::subscribe::{named, subscribe};
use crate::connection::body::Reply;
use crate::hub::branch::Branch;
use crate::hub::topic::Kind;
use crate::request::call::{Call, FutureReply};
use crate::request::response;
use crate::scenario::services::Services;

/// `GET`: enters the room.
pub(crate) fn stream(services: &Services, call: &Call) -> FutureReply {
    subscribe(services, call, Kind::Room, |_| Ok(None))
}

/// `POST`: says something, any JSON object.
pub(crate) fn post(services: &Services, mut call: Call) -> FutureReply {
    let hub = Rc::clone(&services.hub);
    FutureReply::later(async move { published(say(&hub, &mut call).await) })
}

async fn say(hub: &Branch, call: &mut Call) -> Result<Delivered, Reply> {
    let room = named(call, Kind::Room).map_err(|refused| response::bad_request(&refused))?;
    let mut message = object(call).await?;
    message.insert("room".to_owned(), room.name().into());
    Ok(publish(hub, &room, None, &line(message)).await)
}
