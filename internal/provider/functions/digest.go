package functions

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"terraform-provider-zookeeper/internal/zk"
)

// Digest is the function digest.
type Digest struct{}

var _ function.Function = Digest{}

// NewDigest returns the function.
func NewDigest() function.Function { return Digest{} }

// Metadata tells the function's name.
func (Digest) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "digest"
}

// Definition describes the function.
func (Digest) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The id of a user in an ACL of the scheme digest.",
		MarkdownDescription: "Returns the `id` that an ACL entry of the scheme `digest` has for a user: `user:base64(sha1(user:password))`, as ZooKeeper's own `DigestAuthenticationProvider` computes it.\n\n" +
			"Servers that were told to use another algorithm (`DigestAuthenticationProvider.digestAlg`, since ZooKeeper 3.7) make other ids, and refuse these: name it as the third argument, as in `digest(\"web\", var.password, \"SHA-256\")`.\n\n" +
			"The result is sensitive when the password is, and so is whatever shows it. It does not give the password away, but a weak password can be guessed from it, because the hash is fast and has no salt; `nonsensitive(…)` shows it in plans all the same.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "user", MarkdownDescription: "Name of the user, without a colon."},
			function.StringParameter{Name: "password", MarkdownDescription: "Password of the user."},
		},
		VariadicParameter: function.StringParameter{
			Name:                "algorithm",
			MarkdownDescription: "Algorithm of the servers, at most one: `" + strings.Join(zk.DigestAlgorithms, "`, `") + "`. Default: `SHA-1`.",
		},
		Return: function.StringReturn{},
	}
}

// Run computes the id. No error repeats the password.
func (Digest) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var user, password string
	var algorithms []string
	if resp.Error = req.Arguments.Get(ctx, &user, &password, &algorithms); resp.Error != nil {
		return
	}
	switch {
	case user == "":
		resp.Error = function.NewArgumentFuncError(0, "the user is empty")
	case strings.Contains(user, ":"):
		resp.Error = function.NewArgumentFuncError(0, "the user has a colon, and ZooKeeper takes what follows it for the password")
	case password == "":
		resp.Error = function.NewArgumentFuncError(1, "the password is empty")
	case len(algorithms) > 1:
		resp.Error = function.NewArgumentFuncError(3, "there is more than one algorithm")
	case len(algorithms) == 0:
		resp.Error = resp.Result.Set(ctx, zk.DigestID(user, password))
	default:
		id, err := zk.DigestIDBy(algorithms[0], user, password)
		if err != nil {
			resp.Error = function.NewArgumentFuncError(2, err.Error())
			return
		}
		resp.Error = resp.Result.Set(ctx, id)
	}
}
