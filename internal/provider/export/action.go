package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"terraform-provider-zookeeper/internal/provider/attr"
	"terraform-provider-zookeeper/internal/provider/diagnose"
	"terraform-provider-zookeeper/internal/provider/session"
	"terraform-provider-zookeeper/internal/zk"
)

// Action is the action zookeeper_export.
type Action struct{ session.Action }

var _ action.ActionWithConfigure = (*Action)(nil)

// NewAction returns the action.
func NewAction() action.Action { return new(Action) }

// model is the action as the framework decodes it.
type model struct {
	Path types.String `tfsdk:"path"`
	File types.String `tfsdk:"file"`
}

// Metadata tells the action's name.
func (a *Action) Metadata(_ context.Context, _ action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = "zookeeper_export"
}

// Schema describes the action.
func (a *Action) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Writes a znode and everything below it to a file as JSON: data and ACLs, for `jsondecode(file(…))` and the provider's resources.\n\n" +
			"The file has `path`, and `nodes`, a map by the path below it (`\"\"` is the node itself). Each node has `data` or, where that is not text, `data_base64`, and `acl`, as the attributes of [`zookeeper_znode`](../resources/znode.md). " +
			"A node that was created without data (null) has neither of the two; a resource creates it again with empty data.\n\n" +
			"Ephemeral nodes belong to the sessions of other clients and are left out. ZooKeeper does not report whether a node is a container or TTL node: the file does not say it either. " +
			"What changes while the export runs is in it or not; stop the writers if that matters.\n\n" +
			"**The file has all that the nodes hold, secrets too.** Only its owner may read it.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{Required: true, MarkdownDescription: "Absolute path of the node. With `/`, ZooKeeper's own nodes (`/zookeeper`) are left out.", Validators: []validator.String{attr.Path()}},
			"file": schema.StringAttribute{Required: true, MarkdownDescription: "Name of the file, in the working directory unless it is absolute. A regular file of that name is replaced when the export is complete, and stays as it is when the export fails. Anything else of that name is an error.", Validators: []validator.String{stringvalidator.LengthAtLeast(1)}},
		},
	}
}

// Invoke writes the file.
func (a *Action) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	about := diagnose.Subject{Path: m.Path.ValueString(), Presented: a.Session.Presented, Run: a.Session}
	tell := func(format string, args ...any) {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf(format, args...)})
	}
	file, err := target(m.File.ValueString())
	var client *zk.Client
	if err == nil {
		client, err = a.Session.Client(ctx)
	}
	var t *tree
	if err == nil {
		t, err = read(ctx, client, about.Path, func(nodes int) { tell("Read %d nodes of %s", nodes, attr.Quoted(about.Path)) })
	}
	if err == nil {
		err = t.write(file)
	}
	if err != nil {
		resp.Diagnostics.Append(failed(about, m.File.ValueString(), err))
		return
	}
	tell("Exported %s of %s with %s of data to %s", diagnose.Count(len(t.Nodes), "node", "nodes"), attr.Quoted(about.Path), diagnose.Count(t.bytes, "byte", "bytes"), m.File.ValueString())
	if n := len(t.ephemeral); n > 0 {
		tell("Left out %s, which belong to the sessions of other clients: %s", diagnose.Count(n, "ephemeral node", "ephemeral nodes"), quoted(t.ephemeral))
	}
}

// A fileError tells that the file was not written.
type fileError struct{ error }

func (e fileError) Unwrap() error { return e.error }

// target returns the file to replace: that of the name or, where that is a symbolic link, the one that it
// leads to. The error is a fileError when it is not a regular file.
func target(name string) (string, error) {
	at, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(name); err == nil {
			return "", fileError{errors.New("it is a symbolic link to a file that is not there")}
		}
		return name, nil // what is missing of its folders is found when it is written
	}
	if err != nil {
		return "", fileError{err}
	}
	info, err := os.Stat(at)
	if err != nil {
		return "", fileError{err}
	}
	if !info.Mode().IsRegular() {
		return "", fileError{fmt.Errorf("it is %s, and not a regular file", kindOf(info.Mode()))}
	}
	return at, nil
}

// kindOf says what is no regular file.
func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	default:
		return "a device"
	}
}

// write writes the file. What was there before stays until the new one is complete.
func (t *tree) write(name string) (err error) {
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fileError{err}
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(append(text, '\n')); err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fileError{err}
	}
	return nil
}
