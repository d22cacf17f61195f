package attr

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"terraform-provider-zookeeper/internal/zk"
)

// Path validates the path of any node.
func Path() validator.String {
	return pathValidator{"Invalid path of a znode", "must be an absolute path", CheckPath}
}

// ManagedPath validates the path of a node that a resource creates and deletes: any node
// but the root and ZooKeeper's own nodes, which exist without us and which the server
// does not let go.
func ManagedPath() validator.String {
	return pathValidator{"Invalid path of a znode", "must be an absolute path, neither / nor within /zookeeper", CheckManagedPath}
}

// LockPath validates the path of a lock.
func LockPath() validator.String {
	return pathValidator{"Invalid lock path", "must be an absolute path, not within /zookeeper", CheckLockPath}
}

// PathPrefix validates what the path of a sequential node begins with, before its number.
func PathPrefix() validator.String { return prefixValidator{} }

type pathValidator struct {
	summary, description string
	check                func(path string) error
}

var _ validator.String = pathValidator{}

// Description says what a valid path is.
func (v pathValidator) Description(context.Context) string { return v.description }

// MarkdownDescription says what a valid path is.
func (v pathValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString checks a path that is known.
func (v pathValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, Sentence(err))
	}
}

// CheckPath tells what is wrong with a path.
func CheckPath(path string) error {
	if err := zk.ValidatePath(path); err != nil {
		return fmt.Errorf("%w. A path is absolute and has no slash at its end, as in \"/services/web\"", err)
	}
	return nil
}

// CheckManagedPath tells what is wrong with the path of a node that a resource means to create and
// delete.
func CheckManagedPath(path string) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	if path == "/" {
		return fmt.Errorf("the root %q always exists and cannot be managed as a resource. To read it, use the data source zookeeper_znode", path)
	}
	if zk.ServersOwn(path) {
		return fmt.Errorf("%q belongs to ZooKeeper itself (/zookeeper and all below) and cannot be managed as a resource. To read it, use the data source zookeeper_znode", path)
	}
	return nil
}

// CheckLockPath tells what is wrong with the path of a lock.
func CheckLockPath(path string) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	if zk.ServersOwn(path) {
		return fmt.Errorf("%q belongs to ZooKeeper itself (/zookeeper and all below), and is no place for a lock", path)
	}
	return nil
}

// Sentence is the text of an error as a sentence of its own.
func Sentence(err error) string {
	first, size := utf8.DecodeRuneInString(err.Error())
	return string(unicode.ToUpper(first)) + err.Error()[size:] + "."
}

type prefixValidator struct{}

var _ validator.String = prefixValidator{}

// Description says what a valid prefix is.
func (prefixValidator) Description(context.Context) string {
	return "must be an absolute path, not within /zookeeper; it may end with /"
}

// MarkdownDescription says what a valid prefix is.
func (v prefixValidator) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateString checks a prefix that is known.
func (prefixValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	prefix := req.ConfigValue.ValueString()
	if err := zk.ValidatePrefix(prefix); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid path prefix of a znode",
			Sentence(err)+" A prefix is absolute, as in \"/jobs/job-\", or \"/jobs/\" for a name that is the bare number.")
		return
	}
	if strings.HasPrefix(prefix, "/zookeeper/") {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid path prefix of a znode",
			fmt.Sprintf("%q leads into what belongs to ZooKeeper itself (/zookeeper and all below).", prefix))
	}
}
