package diagnose

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"terraform-provider-zookeeper/internal/zk"
)

func (s Subject) transactionTooLarge(err *zk.TooLargeError) diag.Diagnostic {
	return diag.NewErrorDiagnostic("Transaction is too large", fmt.Sprintf(
		"All changes below %q in one transaction would take %d bytes, and the servers accept %d (max_buffer_bytes): %d too many. Nothing was sent.\n\n"+
			"To let it take as many transactions as needed, each of which takes effect on its own, set atomic = false. "+
			"If your servers run with a larger jute.maxbuffer, set max_buffer_bytes of the provider to the same.", s.Path, err.Size, err.Limit, err.Size-err.Limit))
}
