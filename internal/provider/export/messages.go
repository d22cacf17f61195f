package export

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
)

// failed tells why there is no file, or the one that was there before.
func failed(about diagnose.Subject, file string, err error) diag.Diagnostic {
	at := attr.Quoted(about.Path)
	if e, ok := errors.AsType[*maskedError](err); ok {
		return diag.NewErrorDiagnostic("ACL is hidden", fmt.Sprintf(
			"The servers hide digests from the provider in the ACL of %s, so the file could not be applied again. Nothing was written to %q.\n\n"+
				"Export as somebody who has ADMIN (a) on all of the nodes.", attr.Quoted(e.path), file))
	}
	if e, ok := errors.AsType[*unnamedError](err); ok {
		return diag.NewErrorDiagnostic("Znode cannot be named", fmt.Sprintf(
			"The name of %s is not in Unicode's form NFC, to which Terraform and OpenTofu bring every string: no configuration can have this node. Nothing was written to %q.\n\n"+
				"Export the trees beside it, or copy this one with another client.", attr.Quoted(e.path), file))
	}
	if e, ok := errors.AsType[*unfitError](err); ok {
		return diag.NewErrorDiagnostic("ACL cannot be written", fmt.Sprintf(
			"The ACL of %s has an entry of the scheme %s that no configuration can have: %v. So the file could not be applied again, and nothing was written to %q.\n\n"+
				"Replace the ACL of the node, or export the trees beside it.", attr.Quoted(e.path), attr.Quoted(e.scheme), e.why, file))
	}
	if e, ok := errors.AsType[fileError](err); ok {
		why := e.error
		// The names are those of a temporary file.
		if of, ok := errors.AsType[*fs.PathError](why); ok {
			why = of.Err
		}
		if of, ok := errors.AsType[*os.LinkError](why); ok {
			why = of.Err
		}
		return diag.NewAttributeErrorDiagnostic(path.Root("file"), "File cannot be written", fmt.Sprintf("The export of %s was not written to %q: %v.", at, file, why))
	}
	return about.Error("export the znode", err)
}

// mostQuoted is how many paths a message has.
const mostQuoted = 20

// quoted is a list of paths, as messages have it.
func quoted(paths []string) string {
	var b strings.Builder
	for i, p := range paths {
		if i == mostQuoted {
			fmt.Fprintf(&b, " and %d more", len(paths)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(attr.Quoted(p))
	}
	return b.String()
}
