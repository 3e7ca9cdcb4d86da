//! `/api/notifications`: to one user, or to all.

use super::{Delivered, line, named, object, publish, published, subscribe};
use crate::connection::body::Reply;
use crate::hub::topic::Kind;
use crate::request::call::{Answer, Call};
use crate::request::response;

/// `GET /api/notifications/{user}`: what is meant for that user.
pub(crate) fn stream(call: &Call) -> Answer {
    subscribe(call, Kind::User, |_| Ok(None))
}

/// `POST /api/notifications/{user}`: any JSON object, to that user.
pub(crate) fn post_to_one(mut call: Call) -> Answer {
    Answer::later(async move { published(notify_one(&mut call).await) })
}

async fn notify_one(call: &mut Call) -> Result<Delivered, Reply> {
    let user = named(call, Kind::User).map_err(|refused| response::bad_request(&refused))?;
    let notification = line(object(call).await?);
    Ok(publish(&call.core, &user, None, &notification).await)
}

/// `POST /api/notifications`: any JSON object, to all users there are.
pub(crate) fn post_to_all(mut call: Call) -> Answer {
    Answer::later(async move { published(notify_all(&mut call).await) })
}

async fn notify_all(call: &mut Call) -> Result<Delivered, Reply> {
    let notification = line(object(call).await?);
    let mut all = Delivered {
        success: true,
        delivered: 0,
        id: None,
    };
    for user in call.core.shared.hub.users() {
        let to_one = publish(&call.core, &user, None, &notification).await;
        all.delivered += to_one.delivered;
    }
    Ok(all)
}
