//go:build !unix

package guard

import "os"

// openFlags open a file.
const openFlags = os.O_RDONLY
