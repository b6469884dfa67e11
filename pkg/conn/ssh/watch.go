package ssh

import (
	"time"

	xssh "golang.org/x/crypto/ssh"
)

// watch takes the connection out of the pool when it ends, and ends it when the host no longer answers on it.
func (p *pool) watch(c *conn) {
	ended := make(chan struct{})
	go func() {
		c.client.Wait()
		close(ended)
		p.forget(c)
	}()
	ticker := time.NewTicker(p.keepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-ended:
			return
		case <-p.life.Done():
			c.client.Close()
			return
		case <-ticker.C:
			if !alive(c.client, p.keepAlive) {
				c.client.Close()
			}
		}
	}
}

// alive asks the host for a sign of life.
func alive(client *xssh.Client, patience time.Duration) bool {
	answered := make(chan error, 1)
	go func() {
		_, _, err := client.SendRequest("keepalive@openssh.com", true, nil)
		answered <- err
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-answered:
		return err == nil
	case <-timer.C:
		return false
	}
}
