package history

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	// fileHeader is what a file begins with: "ZKLG", a version and a database id.
	fileHeader = 16
	magic      = "ZKLG"
	// endOfRecord is the byte after each transaction.
	endOfRecord = 'B'
	// largest is more than any transaction has.
	largest = 64 << 20
)

// A Log is the transaction logs of one server, read as they grow. It is for one goroutine.
type Log struct {
	dir   string
	files map[string]*file
}

// file is what was read of one of them.
type file struct {
	first int64 // the zxid in its name
	end   int64 // where the next transaction begins
	txns  []Txn
}

// NewLog returns the logs in a folder, which need not be there yet.
func NewLog(dir string) *Log { return &Log{dir: dir, files: make(map[string]*file)} }

// Since returns the transactions later than zxid, in order.
func (l *Log) Since(zxid int64) ([]Txn, error) {
	if err := l.read(); err != nil {
		return nil, err
	}
	var txns []Txn
	for _, f := range l.files {
		for _, t := range f.txns {
			if t.Zxid > zxid {
				txns = append(txns, t)
			}
		}
	}
	slices.SortFunc(txns, func(a, b Txn) int { return cmp.Compare(a.Zxid, b.Zxid) })
	return txns, nil
}

// Forget forgets the transactions up to zxid, which nobody will ask for.
func (l *Log) Forget(zxid int64) {
	for _, f := range l.files {
		f.txns = slices.DeleteFunc(f.txns, func(t Txn) bool { return t.Zxid <= zxid })
	}
}

// read brings what is known to what the files hold.
func (l *Log) read() error {
	entries, err := os.ReadDir(l.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("history: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		suffix, ok := strings.CutPrefix(name, "log.")
		if !ok {
			continue
		}
		first, err := strconv.ParseInt(suffix, 16, 64)
		if err != nil {
			return fmt.Errorf("history: a log without a number: %w", err)
		}
		f := l.files[name]
		if f == nil {
			f = &file{first: first, end: fileHeader}
			l.files[name] = f
		}
		if err := f.read(filepath.Join(l.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// read reads on from where it ended. A server that follows another leader cuts off what that
// does not know: then the file is read again.
func (f *file) read(name string) (err error) {
	in, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	info, err := in.Stat()
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	if info.Size() < f.end {
		f.end, f.txns = fileHeader, nil
	}
	if f.end == fileHeader {
		begins := make([]byte, fileHeader)
		switch _, err := io.ReadFull(in, begins); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil // it is only being made
		case err != nil:
			return fmt.Errorf("history: %w", err)
		case string(begins[:len(magic)]) != magic:
			if strings.Trim(string(begins), "\x00") == "" {
				return nil
			}
			return fmt.Errorf("history: %s is no transaction log", name)
		}
	}
	if _, err := in.Seek(f.end, io.SeekStart); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	for r := bufio.NewReaderSize(in, 64<<10); ; {
		payload, size, err := readRecord(r)
		if err != nil || payload == nil {
			return err
		}
		t, err := decodeTxn(payload)
		if err != nil {
			return err
		}
		f.end += size
		f.txns = append(f.txns, t)
	}
}

// readRecord returns the next transaction and how many bytes of the file it takes; nil where
// there is none, or none that has been written to its end. What follows the last transaction is
// zeros, or what a killed server has left unfinished.
func readRecord(r io.Reader) (payload []byte, size int64, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, 0, unlessEnd(err)
	}
	sum, length := binary.BigEndian.Uint64(head[:8]), binary.BigEndian.Uint32(head[8:])
	if length == 0 || length > largest {
		return nil, 0, nil
	}
	payload = make([]byte, length+1)
	if _, err := io.ReadFull(r, payload); err != nil {
		return nil, 0, unlessEnd(err)
	}
	end := payload[length]
	payload = payload[:length]
	if end != endOfRecord || uint64(adler32.Checksum(payload)) != sum {
		return nil, 0, nil
	}
	return payload, int64(len(head)) + int64(length) + 1, nil
}

func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return fmt.Errorf("history: %w", err)
}

// Agreed returns the transactions that are in the logs of a majority of servers, in order: those
// that a leader has proposed and not brought through are in fewer.
func Agreed(logs [][]Txn) []Txn {
	votes := make(map[int64]int)
	var agreed []Txn
	for _, log := range logs {
		for _, t := range log {
			votes[t.Zxid]++
			if votes[t.Zxid] == len(logs)/2+1 {
				agreed = append(agreed, t)
			}
		}
	}
	slices.SortFunc(agreed, func(a, b Txn) int { return cmp.Compare(a.Zxid, b.Zxid) })
	return agreed
}
