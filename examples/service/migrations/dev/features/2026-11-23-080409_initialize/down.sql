-- Drops all rows of video__speech.
DROP TABLE "video__speech";

-- Drops all rows of video__raw.
DROP TABLE "video__raw";

-- Drops all rows of video__faces.
DROP TABLE "video__faces";

-- Drops all rows of video__crop.
DROP TABLE "video__crop";
