package proto

import "terraform-provider-zookeeper/internal/zk/jute"

// ReconfigRequest changes the ensemble's membership: by Joining and Leaving, or to
// NewMembers. Each is a list of servers separated by commas; null where it is empty,
// because to servers an empty list is a list of members. Its reply is a [GetDataReply] with the new
// configuration.
type ReconfigRequest struct {
	Joining, Leaving, NewMembers string
	// FromConfig is the version of the configuration that the change is for; -1 fits any.
	FromConfig int64
}

// AppendTo appends the record.
func (q *ReconfigRequest) AppendTo(dst []byte) []byte {
	for _, list := range []string{q.Joining, q.Leaving, q.NewMembers} {
		if list == "" {
			dst = jute.AppendInt(dst, -1)
		} else {
			dst = jute.AppendString(dst, list)
		}
	}
	return jute.AppendLong(dst, q.FromConfig)
}

// ConfigPath is where the servers keep the ensemble's configuration (ZooDefs.CONFIG_NODE).
const ConfigPath = "/zookeeper/config"
