package jute

import "encoding/binary"

// AppendBool appends v as one byte, 0 or 1.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendInt appends v as four bytes, big endian.
func AppendInt(dst []byte, v int32) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(v))
}

// AppendLong appends v as eight bytes, big endian.
func AppendLong(dst []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(v))
}

// AppendBuffer appends v with its length in front. A nil slice becomes null (length
// -1), an empty one an empty buffer: the two are distinct to ZooKeeper.
func AppendBuffer(dst, v []byte) []byte {
	if v == nil {
		return AppendInt(dst, -1)
	}
	dst = AppendInt(dst, int32(len(v)))
	return append(dst, v...)
}

// AppendString appends v with its length in bytes in front. It never writes null.
func AppendString(dst []byte, v string) []byte {
	dst = AppendInt(dst, int32(len(v)))
	return append(dst, v...)
}
