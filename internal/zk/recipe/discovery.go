package recipe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"terraform-provider-zookeeper/internal/zk"
	"terraform-provider-zookeeper/internal/zk/shown"
)

// ServiceDiscovery reads what services have registered with Curator's service discovery. It
// registers nothing itself.
type ServiceDiscovery struct {
	client *zk.Client
	path   string
}

// ServiceInstance is one of a service, as it has registered.
type ServiceInstance struct {
	Name    string `json:"name"`
	ID      string `json:"id"`
	Address string `json:"address"`
	// Port and SSLPort are nil where the service gave none.
	Port    *int `json:"port"`
	SSLPort *int `json:"sslPort"`
	// Payload is what else the service gave, as JSON; nil or null for nothing.
	Payload json.RawMessage `json:"payload"`
	// RegistrationTimeUTC is in milliseconds since 1970.
	RegistrationTimeUTC int64 `json:"registrationTimeUTC"`
	// ServiceType is "DYNAMIC", "STATIC", "PERMANENT" or "DYNAMIC_SEQUENTIAL"; only a
	// permanent one stays when its session ends.
	ServiceType string `json:"serviceType"`
	// URISpec is the pattern of the service's address; nil for none.
	URISpec *URISpec `json:"uriSpec"`
	// Enabled is nil where the service did not say whether it is to be used.
	Enabled *bool `json:"enabled"`
	// Data is what the node holds, all of it.
	Data []byte `json:"-"`
	// Path is the instance's node.
	Path string `json:"-"`
}

// URISpec is a pattern of parts, each a text or a variable's name.
type URISpec struct {
	Parts []URIPart `json:"parts"`
}

// URIPart is a text or, when Variable is true, the name of a variable.
type URIPart struct {
	Value    string `json:"value"`
	Variable bool   `json:"variable"`
}

// NewServiceDiscovery returns the services below a path. It makes no request.
func NewServiceDiscovery(client *zk.Client, path string) (*ServiceDiscovery, error) {
	if err := zk.ValidatePath(path); err != nil {
		return nil, err
	}
	return &ServiceDiscovery{client: client, path: path}, nil
}

// Services returns the names of the services, sorted. One may have no instance.
func (d *ServiceDiscovery) Services(ctx context.Context) ([]string, error) {
	names, _, err := d.client.Children(ctx, d.path)
	if errors.Is(err, zk.ErrNoNode) {
		err = nil
	}
	return names, err
}

// Instances returns the instances of a service, in the order of their ids; none of a service
// that nobody has registered. The error names a node that holds no instance.
func (d *ServiceDiscovery) Instances(ctx context.Context, service string) ([]ServiceInstance, error) {
	folder := zk.Child(d.path, service)
	names, _, err := d.client.Children(ctx, folder)
	if errors.Is(err, zk.ErrNoNode) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = zk.Child(folder, name)
	}
	readings, err := d.client.ReadMany(ctx, paths, false)
	if err != nil {
		return nil, err
	}
	instances := make([]ServiceInstance, 0, len(readings))
	for _, r := range readings {
		if errors.Is(r.Err, zk.ErrNoNode) {
			continue // it has just gone
		}
		if r.Err != nil {
			return nil, r.Err
		}
		i := ServiceInstance{Data: r.Data, Path: r.Path}
		if err := json.Unmarshal(r.Data, &i); err != nil {
			return nil, fmt.Errorf("%s is no instance of a service: %w", shown.Line(r.Path), err)
		}
		instances = append(instances, i)
	}
	return instances, nil
}
