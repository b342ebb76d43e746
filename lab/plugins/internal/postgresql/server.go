package postgresql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
)

// settings is the provider's configuration, as read.
type settings struct {
	host, user, password, mapped, database string
	sslMode, rootCert, cert, key           string
	version                                string
	port, timeout, maxOpen                 int
	superuser, inline                      bool
}

// dsn is the connection string for one database of the server.
func (s settings) dsn(database string) string {
	var b strings.Builder
	add := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s='%s' ", key, strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value))
		}
	}
	add("host", s.host)
	add("port", strconv.Itoa(s.port))
	add("user", s.user)
	add("password", s.password)
	add("dbname", database)
	add("sslmode", s.sslMode)
	add("sslrootcert", s.rootCert)
	add("sslcert", s.cert)
	add("sslkey", s.key)
	if s.inline {
		add("sslinline", "true")
	}
	add("connect_timeout", strconv.Itoa(s.timeout))
	add("fallback_application_name", "pulumi-resource-postgresql (lab)")
	return b.String()
}

// server opens databases on demand: nothing is dialled before it is needed.
type server struct {
	settings
	mu  sync.Mutex
	dbs map[string]*sql.DB
}

func newServer(s settings) *server {
	return &server{settings: s, dbs: map[string]*sql.DB{}}
}

// db is the pool for a database; the empty name is the provider's own.
func (s *server) db(database string) (*sql.DB, error) {
	if database == "" {
		database = s.database
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if db, open := s.dbs[database]; open {
		return db, nil
	}
	db, err := sql.Open("postgres", s.dsn(database))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(s.maxOpen)
	db.SetMaxIdleConns(0) // an idle connection would keep a database from being dropped
	s.dbs[database] = db
	return db, nil
}

// databaseUser is the role behind the login, where a user name map makes them differ.
func (s *server) databaseUser() string {
	if s.mapped != "" {
		return s.mapped
	}
	return s.user
}

// major is the server's major version, or the one the program says to expect.
func (s *server) major(ctx context.Context, db querier) (int, error) {
	if s.version != unsetVersion {
		digits, _, _ := strings.Cut(strings.TrimPrefix(s.version, "v"), ".")
		return strconv.Atoi(digits)
	}
	var number int
	err := db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&number)
	return number / 10000, err
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// catalogLock is the advisory lock under which this plugin changes catalogs:
// two grants on one object at once would fail, "tuple concurrently updated".
const catalogLock = 0x70677369 // any number will do, if it is always the same

const attempts = 5

// change runs statements in one transaction, alone among this plugin's own,
// and again when some other session was in the way.
func (s *server) change(ctx context.Context, database string, work func(*sql.Tx) error) error {
	db, err := s.db(database)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		err = once(ctx, db, work)
		if try == attempts || !passing(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Duration(try) * 200 * time.Millisecond):
		}
	}
}

func once(ctx context.Context, db *sql.DB, work func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	// A server-wide statement_timeout must not end the wait for the lock.
	if _, err := tx.ExecContext(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", catalogLock); err != nil {
		return err
	}
	if err := work(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// passing says whether an error comes from another session and may not come again.
func passing(err error) bool {
	var pqErr *pq.Error
	if !errors.As(err, &pqErr) {
		return false
	}
	switch pqErr.Code {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	case "XX000":
		return strings.HasPrefix(pqErr.Message, "tuple concurrently")
	}
	return false
}
