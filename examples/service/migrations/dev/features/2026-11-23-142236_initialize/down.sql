-- Drops all rows of photo.
DROP TABLE "photo";
