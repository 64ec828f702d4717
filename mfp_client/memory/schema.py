"""The tables of the image memory (SQLite)."""

VERSION = 2

UPGRADES = {
    1: (
        "ALTER TABLE issued ADD COLUMN place TEXT",
        "ALTER TABLE document ADD COLUMN memo TEXT NOT NULL DEFAULT ''",
        "DROP TABLE installation",
    ),
}
"""From each version to the next one; a table that is made anew has the columns from the beginning."""

SCHEMA = """
CREATE TABLE issued (
  id INTEGER PRIMARY KEY,         -- every image ID that was ever given: none is given again
  issued REAL NOT NULL,
  ended REAL,
  place TEXT,                     -- the medium that it was moved to
  ending TEXT                     -- erased, moved, sent, expired, dropped
);
CREATE TABLE document (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id INTEGER NOT NULL UNIQUE REFERENCES issued,
  state TEXT NOT NULL CHECK (state IN ('open', 'stored', 'erasing')),
  token BLOB NOT NULL,            -- stands in the file too: by this it is known as ours
  title TEXT NOT NULL,
  owner TEXT NOT NULL,
  private INTEGER NOT NULL,
  made REAL NOT NULL,
  expires REAL,
  pages INTEGER NOT NULL DEFAULT 0,
  octets INTEGER NOT NULL DEFAULT 0,
  width INTEGER, height INTEGER, x_dpi REAL, y_dpi REAL, tone TEXT,
  memo TEXT NOT NULL DEFAULT '',  -- of whoever makes it: what it was meant for, while it is open
  digest TEXT NOT NULL DEFAULT ''
);
CREATE INDEX document_shared ON document (number) WHERE state = 'stored' AND private = 0;
CREATE INDEX document_private ON document (owner, number) WHERE state = 'stored' AND private = 1;
CREATE INDEX document_unfinished ON document (state) WHERE state <> 'stored';
CREATE INDEX document_expires ON document (expires) WHERE expires IS NOT NULL;
CREATE INDEX document_largest ON document (octets) WHERE state = 'stored';
CREATE TABLE thumbnail (id INTEGER PRIMARY KEY REFERENCES document (id), jpeg BLOB NOT NULL);
CREATE TABLE copy (
  id INTEGER NOT NULL REFERENCES document (id), server TEXT NOT NULL, job TEXT NOT NULL, since REAL NOT NULL,
  PRIMARY KEY (id, server, job)
);
CREATE TABLE sending (
  key TEXT PRIMARY KEY,
  id INTEGER NOT NULL REFERENCES document (id),
  server TEXT NOT NULL,
  request TEXT NOT NULL,
  erase_after INTEGER NOT NULL,
  since REAL NOT NULL
);
CREATE INDEX sending_id ON sending (id);
CREATE INDEX sending_since ON sending (since);
CREATE VIRTUAL TABLE words USING fts5 (grams, seen, tokenize = 'ascii', columnsize = 0, prefix = '4 8');
-- of words.py: four octets a letter, so one and two letters have an index each; small pages are passed by quickly
INSERT INTO words (words, rank) VALUES ('pgsz', 250);
CREATE TABLE usage (octets INTEGER NOT NULL, documents INTEGER NOT NULL);
INSERT INTO usage VALUES (0, 0);
CREATE TRIGGER document_in AFTER INSERT ON document BEGIN
  UPDATE usage SET octets = octets + NEW.octets, documents = documents + 1;
END;
CREATE TRIGGER document_out AFTER DELETE ON document BEGIN
  UPDATE usage SET octets = octets - OLD.octets, documents = documents - 1;
END;
CREATE TRIGGER document_grows AFTER UPDATE OF octets ON document BEGIN
  UPDATE usage SET octets = octets + NEW.octets - OLD.octets;
END;
"""
