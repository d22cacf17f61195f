package zktest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxFrame is far above what a server or a client takes, and far below what four letters or the start of a TLS
// handshake are when read as a length.
const maxFrame = 256 << 20

// errNoFrame is what four bytes get that are no frame's length.
var errNoFrame = errors.New("not a frame of the ZooKeeper protocol")

// ReadFrame reads one message without the length that goes before it.
func ReadFrame(r io.Reader) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); err != nil {
		return nil, err
	}
	return readBody(r, prefix)
}

func readBody(r io.Reader, prefix [4]byte) ([]byte, error) {
	length := binary.BigEndian.Uint32(prefix[:])
	if length > maxFrame {
		return nil, fmt.Errorf("%w: it starts with %q", errNoFrame, prefix)
	}
	frame := make([]byte, length)
	if _, err := io.ReadFull(r, frame); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return frame, nil
}

// WriteFrame writes one message with its length before it, in a single write.
func WriteFrame(w io.Writer, frame []byte) error {
	_, err := w.Write(appendFrame(nil, frame))
	return err
}

func appendFrame(buf, frame []byte) []byte {
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(frame)))
	return append(buf, frame...)
}

// int32At reads the number at an offset, and 0 after the frame's end.
func int32At(frame []byte, offset int) int32 {
	if len(frame) < offset+4 {
		return 0
	}
	return int32(binary.BigEndian.Uint32(frame[offset:]))
}
