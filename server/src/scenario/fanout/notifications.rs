//! `/api/notifications`: to one user, or to all.

use std::rc::Rc;

use super::publish::{Delivered, line, object, publish, published};
use super::subscribe::{named, subscribe};
use crate::connection::body::Reply;
use crate::hub::branch::Branch;
use crate::hub::topic::Kind;
use crate::request::call::{Call, FutureReply};
use crate::request::response;
use crate::scenario::services::Services;

/// `GET /api/notifications/{user}`: what is meant for that user.
pub(crate) fn stream(services: &Services, call: &Call) -> FutureReply {
    subscribe(services, call, Kind::User, |_| Ok(None))
}

/// `POST /api/notifications/{user}`: any JSON object, to that user.
pub(crate) fn post_to_one(services: &Services, mut call: Call) -> FutureReply {
    let hub = Rc::clone(&services.hub);
    FutureReply::later(async move { published(notify_one(&hub, &mut call).await) })
}

async fn notify_one(hub: &Branch, call: &mut Call) -> Result<Delivered, Reply> {
    let user = named(call, Kind::User).map_err(|refused| response::bad_request(&refused))?;
    let notification = line(object(call).await?);
    Ok(publish(hub, &user, None, &notification).await)
}

/// `POST /api/notifications`: any JSON object, to all users there are.
pub(crate) fn post_to_all(services: &Services, mut call: Call) -> FutureReply {
    let hub = Rc::clone(&services.hub);
    FutureReply::later(async move { published(notify_all(&hub, &mut call).await) })
}

async fn notify_all(hub: &Branch, call: &mut Call) -> Result<Delivered, Reply> {
    let notification = line(object(call).await?);
    let mut all = Delivered {
        success: true,
        delivered: 0,
        id: None,
    };
    for user in hub.users() {
        let to_one = publish(hub, &user, None, &notification).await;
        all.delivered += to_one.delivered;
    }
    Ok(all)
}
