//! What the bytes of a stream's events depend on.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use super::encoded::Script;

/// All that the bytes of a stream's events depend on: streams of one shape share one tape.
pub(crate) trait Shape: fmt::Debug + Eq + Hash + 'static {
    /// What writes its events.
    fn script(&self) -> Box<dyn Script>;
}

/// A shape of whatever scenario: one is equal only to an equal one of the same.
#[derive(Debug, Clone)]
pub(crate) struct AnyShape(Rc<dyn Erased>);

impl AnyShape {
    pub(crate) fn new(shape: impl Shape) -> Self {
        Self(Rc::new(shape))
    }

    /// What writes its events.
    pub(crate) fn script(&self) -> Box<dyn Script> {
        self.0.script()
    }
}

impl PartialEq for AnyShape {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&*other.0)
    }
}

impl Eq for AnyShape {}

impl Hash for AnyShape {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash_into(state);
    }
}

/// What of a shape does not name its type.
trait Erased: Any + fmt::Debug {
    fn script(&self) -> Box<dyn Script>;

    fn equals(&self, other: &dyn Any) -> bool;

    fn hash_into(&self, state: &mut dyn Hasher);
}

impl<S: Shape> Erased for S {
    fn script(&self) -> Box<dyn Script> {
        Shape::script(self)
    }

    fn equals(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<S>() == Some(self)
    }

    fn hash_into(&self, mut state: &mut dyn Hasher) {
        self.type_id().hash(&mut state);
        self.hash(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[derive(Debug, PartialEq, Eq, Hash)]
    struct One(u8);

    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Other(u8);

    impl Shape for One {
        fn script(&self) -> Box<dyn Script> {
            unreachable!("nobody asks for it")
        }
    }

    impl Shape for Other {
        fn script(&self) -> Box<dyn Script> {
            unreachable!("nobody asks for it")
        }
    }

    #[test]
    fn shapes_are_told_apart_by_their_scenario_and_by_what_they_are() {
        let shapes = [
            AnyShape::new(One(1)),
            AnyShape::new(One(1)),
            AnyShape::new(One(2)),
            AnyShape::new(Other(1)),
        ];
        assert_eq!(shapes[0], shapes[1]);
        assert_eq!(HashSet::from(shapes).len(), 3);
    }
}
