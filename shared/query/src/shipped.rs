//! The templates that ship with Pricetide. They are part of the program, so that an update of it
//! brings theirs; an owner's own template of the same name takes the place of one.

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// The shipped templates: name and text, in the order of their names.
        pub const SHIPPED: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../templates/", $name, ".sql")))),*
        ];
    };
}

shipped!(
    "cheapest-offers",
    "counts-by-condition",
    "movers",
    "price-history",
    "real-discounts",
    "without-price",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_of_the_folder_ships() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .filter_map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.strip_suffix(".sql").map(str::to_owned)
            })
            .collect();
        found.sort();
        let shipped: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
        assert_eq!(shipped, found);
    }
}
