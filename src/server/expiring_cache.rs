use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// A map that forgets: each entry at its time, and the ones that nobody asked for longest as soon
/// as there are too many. Its memory is bounded whatever it is fed, and no call takes longer for it.
///
/// Two generations make that cheap: when the younger is full, it becomes the older, and what the
/// older still held is gone. What is asked for moves into the younger one.
#[derive(Debug)]
pub(crate) struct ExpiringCache<K, V> {
    younger: HashMap<K, (V, i64)>,
    older: HashMap<K, (V, i64)>,
    generation: usize,
}

impl<K: Eq + Hash, V> ExpiringCache<K, V> {
    /// Holds at most `most` entries.
    pub(crate) fn new(most: usize) -> Self {
        Self { younger: HashMap::new(), older: HashMap::new(), generation: (most / 2).max(1) }
    }

    /// The value, unless its time is over; times are in seconds since 1970.
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q, now: i64) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if !self.older.is_empty()
            && let Some((key, entry)) = self.older.remove_entry(key)
        {
            self.insert(key, entry);
        }
        let (value, until) = self.younger.get_mut(key)?;
        (*until > now).then_some(value)
    }

    /// Keeps a value until a time, in place of the one that the key had.
    pub(crate) fn put(&mut self, key: K, value: V, until: i64) {
        self.older.remove(&key);
        self.insert(key, (value, until));
    }

    pub(crate) fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.younger.remove(key);
        self.older.remove(key);
    }

    fn insert(&mut self, key: K, entry: (V, i64)) {
        if self.younger.len() >= self.generation && !self.younger.contains_key(&key) {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(key, entry);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.younger.len() + self.older.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Attack: memory growth under a flood of sessions, flows and their changes
    /// Standards: ASVS 13.1.3
    #[test]
    fn it_forgets_at_the_time_and_what_is_too_much() {
        let mut recent = ExpiringCache::new(100);
        recent.put("a", 1, 10);
        assert_eq!(recent.get("a", 9), Some(&mut 1));
        assert_eq!(recent.get("a", 10), None);
        recent.put("a", 2, 20);
        for number in 0..10_000 {
            recent.put(Box::leak(number.to_string().into_boxed_str()), number, 100);
            assert!(recent.len() <= 100);
            // What is asked for stays.
            assert_eq!(recent.get("a", 10), Some(&mut 2), "{number}");
        }
        assert_eq!(recent.get("0", 0), None);
        recent.remove("a");
        assert_eq!(recent.get("a", 0), None);
    }
}
