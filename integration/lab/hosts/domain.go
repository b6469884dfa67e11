package hosts

import (
	"encoding/xml"
	"fmt"
	"strings"

	"calipso.io/calipso/integration/lab/sim"
)

// domain is a domain of libvirt.
type domain struct {
	id         int
	name, uuid string
	xml        string
}

func newDomain(c *sim.Cloud, i *sim.Instance) domain {
	d := domain{id: i.Domain, name: i.LibvirtName(), uuid: i.ID}
	var ports, interfaces strings.Builder
	for n, p := range i.Ports {
		fmt.Fprintf(&ports, nestedPort, p.ID, p.Address)
		interfaces.WriteString(interfaceXML(n, p))
	}
	d.xml = fmt.Sprintf(domainXML, d.id, d.name, d.uuid, escape(i.Name), i.Created.Format("2006-01-02 15:04:05"),
		c.AdminUser, i.Project.ID, escape(i.Project.Name), c.Image, ports.String(), d.uuid, d.uuid, interfaces.String(), d.uuid)
	return d
}

// interfaceXML is an interface: in a linux bridge, or one that somebody else plugs.
func interfaceXML(n int, p *sim.Port) string {
	kind, source := "ethernet", ""
	switch {
	case p.Direct:
		return fmt.Sprintf(directXML, p.MAC, p.VF, p.Network.Segment, n, 6+n)
	case p.Host.Mechanism == sim.VPP:
		return fmt.Sprintf(vhostXML, p.MAC, p.ID, n, 6+n)
	case p.Host.Mechanism == sim.LinuxBridge:
		kind, source = "bridge", fmt.Sprintf("      <source bridge='%s'/>\n", p.Network.Bridge())
	case p.Hybrid():
		kind, source = "bridge", fmt.Sprintf("      <source bridge='qbr%s'/>\n", p.ID[:11])
	}
	return fmt.Sprintf(`    <interface type='%s'>
      <mac address='%s'/>
%s      <target dev='%s'/>
      <model type='virtio'/>
      <driver name='qemu'/>
      <mtu size='%d'/>
      <alias name='net%d'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x%02x' function='0x0'/>
    </interface>
`, kind, p.MAC, source, p.Device(), p.Network.MTU, n, 6+n)
}

const directXML = `    <interface type='hostdev' managed='yes'>
      <mac address='%s'/>
      <driver name='vfio'/>
      <source>
        <address type='pci' domain='0x0000' bus='0x3b' slot='0x02' function='0x%d'/>
      </source>
      <vlan>
        <tag id='%d'/>
      </vlan>
      <alias name='hostdev%d'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x%02x' function='0x0'/>
    </interface>
`

const vhostXML = `    <interface type='vhostuser'>
      <mac address='%s'/>
      <source type='unix' path='/tmp/%s' mode='server'/>
      <model type='virtio'/>
      <alias name='net%d'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x%02x' function='0x0'/>
    </interface>
`

func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}

const nestedPort = `        <nova:port uuid="%s">
          <nova:ip type="fixed" address="%s" ipVersion="4"/>
        </nova:port>
`

const domainXML = `<domain type='qemu' id='%d'>
  <name>%s</name>
  <uuid>%s</uuid>
  <metadata>
    <nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1">
      <nova:package version="26.2.2"/>
      <nova:name>%s</nova:name>
      <nova:creationTime>%s</nova:creationTime>
      <nova:flavor name="nano">
        <nova:memory>64</nova:memory>
        <nova:disk>1</nova:disk>
        <nova:swap>0</nova:swap>
        <nova:ephemeral>0</nova:ephemeral>
        <nova:vcpus>1</nova:vcpus>
      </nova:flavor>
      <nova:owner>
        <nova:user uuid="%s">admin</nova:user>
        <nova:project uuid="%s">%s</nova:project>
      </nova:owner>
      <nova:root type="image" uuid="%s"/>
      <nova:ports>
%s      </nova:ports>
    </nova:instance>
  </metadata>
  <memory unit='KiB'>65536</memory>
  <currentMemory unit='KiB'>65536</currentMemory>
  <vcpu placement='static'>1</vcpu>
  <sysinfo type='smbios'>
    <system>
      <entry name='manufacturer'>OpenStack Foundation</entry>
      <entry name='uuid'>%s</entry>
      <entry name='family'>Virtual Machine</entry>
    </system>
  </sysinfo>
  <os>
    <type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>
    <boot dev='hd'/>
    <smbios mode='sysinfo'/>
  </os>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/var/lib/nova/instances/%s/disk' index='1'/>
      <target dev='vda' bus='virtio'/>
      <alias name='virtio-disk0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
    </disk>
    <controller type='pci' index='0' model='pci-root'>
      <alias name='pci.0'/>
    </controller>
%s    <serial type='pty'>
      <source path='/dev/pts/0'/>
      <log file='/var/lib/nova/instances/%s/console.log' append='off'/>
      <target type='isa-serial' port='0'>
        <model name='isa-serial'/>
      </target>
      <alias name='serial0'/>
    </serial>
    <memballoon model='virtio'>
      <stats period='10'/>
      <alias name='balloon0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/>
    </memballoon>
  </devices>
  <seclabel type='dynamic' model='dac' relabel='yes'>
    <label>+0:+0</label>
    <imagelabel>+0:+0</imagelabel>
  </seclabel>
</domain>
`
