"""Articles of other systems to the files of a bundle, without the database."""
