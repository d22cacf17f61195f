// Package createsequential is the action zookeeper_create_sequential: one more node that the servers
// number, as an entry of a queue or a notification.
package createsequential
